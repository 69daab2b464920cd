package io.firesteel.engine;

import io.firesteel.FiresteelException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * What tuning learned for one plan on one kind of device: the time of each tactic of each layer. A text file: two lines that say what
 * for, then a line of key, nanoseconds and tactic for each. A file that is damaged or of another device counts as none.
 */
final class TacticTable {

    private static final String HEADER = "firesteel tactics 1 ";
    private static final System.Logger LOG = System.getLogger(TacticTable.class.getName());

    private record Entry(double nanos, String tactic) { }

    private final Path file;
    private final String subject;
    private final TreeMap<String, Entry> entries = new TreeMap<>();
    private boolean changed;

    private TacticTable(Path file, String subject) {
        this.file = file;
        this.subject = subject;
    }

    /**
     * Opens the table of a plan and a device, empty where there is none.
     *
     * @param folder where tables are
     * @param planHash empty for plans that were never saved, which share a table
     * @param deviceKey see {@link io.firesteel.backend.Device#key}
     */
    static TacticTable open(Path folder, String planHash, String deviceKey) {
        String name = (planHash.isEmpty() ? "unsaved" : planHash.substring(0, Math.min(16, planHash.length()))) + "-" + digest(deviceKey).substring(0, 16) + ".tactics";
        TacticTable table = new TacticTable(folder.resolve(name), planHash + " " + deviceKey.replaceAll("\\s", "_"));
        table.read();
        return table;
    }

    /** The folder of this user's tables: {@code firesteel.cache}, {@code XDG_CACHE_HOME/firesteel} or {@code ~/.cache/firesteel}. */
    static Path userFolder() {
        String named = System.getProperty("firesteel.cache");
        String caches = System.getenv("XDG_CACHE_HOME");
        Path root = named != null ? Path.of(named) : caches != null && !caches.isBlank() ? Path.of(caches, "firesteel")
                : Path.of(System.getProperty("user.home"), ".cache", "firesteel");
        return root.resolve("tactics");
    }

    /** A short key for a description. */
    static String digest(String description) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(description.getBytes(StandardCharsets.UTF_8)), 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw FiresteelException.internal("no SHA-256", e);
        }
    }

    synchronized OptionalDouble nanos(String key) {
        Entry entry = entries.get(key);
        return entry == null ? OptionalDouble.empty() : OptionalDouble.of(entry.nanos);
    }

    /** @param tactic its name, for readers */
    synchronized void put(String key, double nanos, String tactic) {
        entries.put(key, new Entry(nanos, tactic.replaceAll("\\s", "_")));
        changed = true;
    }

    synchronized int size() {
        return entries.size();
    }

    /** Writes the table where it changed; a folder that cannot be written costs a warning and the next start's tuning. */
    synchronized void save() {
        if (!changed) {
            return;
        }
        StringBuilder text = new StringBuilder(HEADER).append(subject).append('\n');
        entries.forEach((key, entry) -> text.append(key).append(' ').append(Math.round(entry.nanos)).append(' ').append(entry.tactic)
                .append('\n'));
        try {
            Files.createDirectories(file.getParent());
            Path part = Files.createTempFile(file.getParent(), "tactics", ".part");
            Files.writeString(part, text);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            changed = false;
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the tactic table " + file + " cannot be written (" + e.getMessage()
                    + "): the next start tunes again");
        }
    }

    private void read() {
        if (!Files.isRegularFile(file)) {
            return;
        }
        try {
            List<String> lines = Files.readAllLines(file);
            if (lines.isEmpty() || !lines.get(0).equals(HEADER + subject)) {
                return;
            }
            for (String line : lines.subList(1, lines.size())) {
                String[] words = line.split(" ", 3);
                double nanos = Double.parseDouble(words[1]);
                if (words.length == 3 && nanos > 0) {
                    entries.put(words[0], new Entry(nanos, words[2]));
                }
            }
        } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException e) {
            entries.clear();
        }
    }
}
