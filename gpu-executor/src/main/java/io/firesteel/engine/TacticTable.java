package io.firesteel.engine;

import io.firesteel.FiresteelException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * What tuning learned for one plan on one kind of device: the time of each tactic of each layer. A text file: two lines that say what
 * for, then a line of key, nanoseconds and tactic for each. A file that is damaged or of another device counts as none.
 */
final class TacticTable {

    private static final int SHORT_HASH = 16;
    private static final String HEADER = "firesteel tactics 1 ";
    private static final System.Logger LOG = System.getLogger(TacticTable.class.getName());

    private record Entry(double nanos, String tactic) { }

    private final TacticStore store;
    private final String name;
    private final String subject;
    private final TreeMap<String, Entry> entries = new TreeMap<>();
    private boolean changed;

    private TacticTable(TacticStore store, String name, String subject) {
        this.store = store;
        this.name = name;
        this.subject = subject;
    }

    /**
     * Opens the table of a plan and a device, empty where there is none.
     *
     * @param store where tables are
     * @param planHash empty for plans that were never saved, which share a table
     * @param deviceKey see {@link io.firesteel.backend.Device#key}
     */
    static TacticTable open(TacticStore store, String planHash, String deviceKey) {
        String name = prefix(planHash) + digest(deviceKey).substring(0, SHORT_HASH) + TacticTiming.SUFFIX;
        TacticTable table = new TacticTable(store, name, planHash + " " + deviceKey.replaceAll("\\s", "_"));
        table.read().forEach(table.entries::put);
        return table;
    }

    /** What the names of a plan's tables begin with. */
    static String prefix(String planHash) {
        return (planHash.isEmpty() ? "unsaved" : planHash.substring(0, Math.min(SHORT_HASH, planHash.length()))) + "-";
    }

    /** The lines of a plan's table of any device. */
    static List<TacticTiming> timings(String text, String planHash) {
        String first = text.lines().findFirst().orElse("");
        String start = HEADER + planHash + " ";
        if (!first.startsWith(start)) {
            return List.of();
        }
        String device = first.substring(start.length());
        List<TacticTiming> timings = new ArrayList<>();
        parse(text, first).values().forEach(entry -> {
            int colon = entry.tactic.lastIndexOf(':');
            timings.add(new TacticTiming(device, colon < 0 ? "" : entry.tactic.substring(colon + 1),
                    colon < 0 ? entry.tactic : entry.tactic.substring(0, colon), entry.nanos));
        });
        return timings;
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

    /**
     * Writes the table where it changed, with what another process added meanwhile; a store that cannot be written costs a warning and the
     * next start's tuning.
     */
    synchronized void save() {
        if (!changed) {
            return;
        }
        read().forEach(entries::putIfAbsent);
        StringBuilder text = new StringBuilder(HEADER).append(subject).append('\n');
        entries.forEach((key, entry) -> text.append(key).append(' ').append(Math.round(entry.nanos)).append(' ').append(entry.tactic)
                .append('\n'));
        try {
            store.write(name, text.toString());
            changed = false;
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the tactic table " + name + " cannot be written to " + store + " (" + e.getMessage()
                    + "): the next start tunes again");
        }
    }

    private Map<String, Entry> read() {
        try {
            return store.read(name).map(text -> parse(text, HEADER + subject)).orElse(Map.of());
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the tactic table " + name + " cannot be read in " + store + ": " + e.getMessage());
            return Map.of();
        }
    }

    private static Map<String, Entry> parse(String text, String header) {
        List<String> lines = text.lines().toList();
        if (lines.isEmpty() || !lines.get(0).equals(header)) {
            return Map.of();
        }
        Map<String, Entry> entries = new TreeMap<>();
        try {
            for (String line : lines.subList(1, lines.size())) {
                String[] words = line.split(" ", 3);
                double nanos = Double.parseDouble(words[1]);
                if (words.length == 3 && nanos > 0) {
                    entries.put(words[0], new Entry(nanos, words[2]));
                }
            }
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            return Map.of();
        }
        return entries;
    }
}
