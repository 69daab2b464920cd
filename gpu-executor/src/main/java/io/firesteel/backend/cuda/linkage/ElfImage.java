package io.firesteel.backend.cuda.linkage;

import io.firesteel.FiresteelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A shared library in the 64-bit little-endian ELF format: its dependencies and the symbol versions it asks of them. */
final class ElfImage {

    private static final int HEADER_BYTES = 64;
    private static final int SECTION_BYTES = 64;
    private static final int DYNAMIC_ENTRY_BYTES = 16;
    private static final int SECTION_DYNAMIC = 6;
    private static final int SECTION_VERSION_NEEDS = 0x6ffffffe;
    private static final long TAG_END = 0;
    private static final long TAG_NEEDED = 1;

    /**
     * A symbol version asked of a dependency.
     *
     * @param library the dependency
     * @param name the version
     * @param hash the hash by which the loader compares it
     */
    record VersionNeed(String library, String name, int hash) { }

    private record Section(int type, long offset, long size, int link) { }

    private record Need(long hashAt, long libraryAt, long nameAt) { }

    private final String file;
    private final ByteBuffer bytes;
    private final List<Long> neededAt = new ArrayList<>();
    private final List<Need> needs = new ArrayList<>();

    private ElfImage(String file, byte[] image) {
        this.file = file;
        this.bytes = ByteBuffer.wrap(image.clone()).order(ByteOrder.LITTLE_ENDIAN);
        requireHeader();
        List<Section> sections = sections();
        for (Section section : sections) {
            if (section.type == SECTION_DYNAMIC) {
                readDynamic(section, strings(sections, section));
            } else if (section.type == SECTION_VERSION_NEEDS) {
                readVersionNeeds(section, strings(sections, section));
            }
        }
    }

    /**
     * Reads an image.
     *
     * @param file its name, for messages
     * @throws FiresteelException of kind DEVICE where it is damaged or of another format
     */
    static ElfImage of(String file, byte[] image) {
        return new ElfImage(file, image);
    }

    /** The libraries it depends on. */
    List<String> needed() {
        return neededAt.stream().map(this::string).toList();
    }

    /** The symbol versions it asks for. */
    List<VersionNeed> versionNeeds() {
        return needs.stream().map(n -> new VersionNeed(string(n.libraryAt), string(n.nameAt), bytes.getInt(at(n.hashAt, 4)))).toList();
    }

    /** The image's bytes. */
    byte[] bytes() {
        return bytes.array().clone();
    }

    /**
     * The same library depending on another version of one of its dependencies, also where the dependency's name is the name of a
     * symbol version.
     *
     * @param from the dependency, such as {@code libcublas.so.12}
     * @param to its new name, as long as the old one
     */
    ElfImage withDependency(String from, String to) {
        if (from.length() != to.length()) {
            throw damaged("cannot depend on " + to + " instead of " + from + ": the names differ in length");
        }
        if (!needed().contains(from)) {
            throw damaged("does not depend on " + from);
        }
        ElfImage copy = new ElfImage(file, bytes.array());
        Set<Long> strings = new LinkedHashSet<>();
        neededAt.stream().filter(at -> string(at).equals(from)).forEach(strings::add);
        for (Need need : needs) {
            if (string(need.libraryAt).equals(from)) {
                strings.add(need.libraryAt);
            }
            if (string(need.nameAt).equals(from)) {
                strings.add(need.nameAt);
                copy.bytes.putInt(at(need.hashAt, 4), hash(to));
            }
        }
        byte[] name = to.getBytes(StandardCharsets.US_ASCII);
        strings.forEach(at -> copy.bytes.put(at(at, name.length), name));
        return copy;
    }

    /** The System V hash of a symbol or version name. */
    static int hash(String name) {
        int hash = 0;
        for (byte b : name.getBytes(StandardCharsets.US_ASCII)) {
            hash = (hash << 4) + (b & 0xff);
            int high = hash & 0xf0000000;
            hash ^= high >>> 24;
            hash &= ~high;
        }
        return hash;
    }

    private void requireHeader() {
        if (bytes.capacity() < HEADER_BYTES || bytes.getInt(0) != 0x464c457f) {
            throw damaged("is not an ELF file");
        }
        if (bytes.get(4) != 2 || bytes.get(5) != 1) {
            throw damaged("is not a 64-bit little-endian ELF file");
        }
    }

    private List<Section> sections() {
        long table = bytes.getLong(0x28);
        int entry = bytes.getShort(0x3a) & 0xffff;
        int count = bytes.getShort(0x3c) & 0xffff;
        if (entry != SECTION_BYTES || count == 0) {
            throw damaged("has no section table");
        }
        List<Section> sections = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int at = at(table + (long) i * SECTION_BYTES, SECTION_BYTES);
            sections.add(new Section(bytes.getInt(at + 4), bytes.getLong(at + 24), bytes.getLong(at + 32), bytes.getInt(at + 40)));
        }
        return sections;
    }

    private Section strings(List<Section> sections, Section user) {
        if (user.link < 0 || user.link >= sections.size()) {
            throw damaged("has a section without its string table");
        }
        Section strings = sections.get(user.link);
        at(strings.offset, strings.size);
        return strings;
    }

    private void readDynamic(Section section, Section strings) {
        for (long i = 0; i + DYNAMIC_ENTRY_BYTES <= section.size; i += DYNAMIC_ENTRY_BYTES) {
            int at = at(section.offset + i, DYNAMIC_ENTRY_BYTES);
            long tag = bytes.getLong(at);
            if (tag == TAG_END) {
                return;
            }
            if (tag == TAG_NEEDED) {
                neededAt.add(stringAt(strings, bytes.getLong(at + 8)));
            }
        }
    }

    private void readVersionNeeds(Section section, Section strings) {
        long at = section.offset;
        while (true) {
            int entry = at(at, 16);
            long library = stringAt(strings, bytes.getInt(entry + 4) & 0xffffffffL);
            long version = at + (bytes.getInt(entry + 8) & 0xffffffffL);
            for (int i = bytes.getShort(entry + 2) & 0xffff; i > 0; i--) {
                int aux = at(version, 16);
                needs.add(new Need(version, library, stringAt(strings, bytes.getInt(aux + 8) & 0xffffffffL)));
                version += bytes.getInt(aux + 12) & 0xffffffffL;
            }
            long next = bytes.getInt(entry + 12) & 0xffffffffL;
            if (next == 0) {
                return;
            }
            at += next;
        }
    }

    /** The file offset of a string, whose end is checked too. */
    private long stringAt(Section strings, long offset) {
        if (offset < 0 || offset >= strings.size) {
            throw damaged("has a name outside its string table");
        }
        long start = strings.offset + offset;
        for (long at = start; at < strings.offset + strings.size; at++) {
            if (bytes.get((int) at) == 0) {
                return start;
            }
        }
        throw damaged("has a name without an end");
    }

    private String string(long start) {
        int end = (int) start;
        while (bytes.get(end) != 0) {
            end++;
        }
        return new String(bytes.array(), (int) start, end - (int) start, StandardCharsets.US_ASCII);
    }

    private int at(long offset, long length) {
        if (offset < 0 || length < 0 || offset > bytes.capacity() - length) {
            throw damaged("is truncated or damaged");
        }
        return (int) offset;
    }

    private FiresteelException damaged(String what) {
        return FiresteelException.device("CUDA_NATIVE_DAMAGED", "native library " + file + " " + what, null);
    }
}
