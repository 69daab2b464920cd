package io.firesteel.engine;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Configurations;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * What tuning learned for one plan on one kind of device: the time of each tactic of each layer, and what was settled on among the
 * alternatives within them. A text file: a line that says what for, then a line of key, nanoseconds and tactic for each tactic, and one
 * of a fixed word, subject and configuration for each of those. A file that is damaged or of another device counts as none.
 */
final class TacticTable implements Configurations {

    private static final int SHORT_HASH = 16;
    private static final String HEADER = "firesteel tactics 2 ";
    private static final System.Logger LOG = System.getLogger(TacticTable.class.getName());

    private static final String CONFIGURATION = "configuration";

    private record Entry(double nanos, String tactic) { }

    /** What a file says. */
    private record Content(Map<String, Entry> entries, Map<String, String> configurations) {

        private static final Content NONE = new Content(Map.of(), Map.of());
    }

    private final TacticStore store;
    private final String name;
    private final String subject;
    private final TreeMap<String, Entry> entries = new TreeMap<>();
    private final TreeMap<String, String> configurations = new TreeMap<>();
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
        table.addMissing(table.read());
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
        parse(text, first).entries.values().forEach(entry -> {
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

    @Override
    public synchronized Optional<String> of(String subject) {
        return Optional.ofNullable(configurations.get(subject));
    }

    @Override
    public synchronized void settle(String subject, String configuration) {
        changed |= !configuration.equals(configurations.put(subject, configuration));
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
        addMissing(read());
        StringBuilder text = new StringBuilder(HEADER).append(subject).append('\n');
        entries.forEach((key, entry) -> text.append(key).append(' ').append(Math.round(entry.nanos)).append(' ').append(entry.tactic)
                .append('\n'));
        configurations.forEach((subject, configuration) -> text.append(CONFIGURATION).append(' ').append(subject).append(' ')
                .append(configuration).append('\n'));
        try {
            store.write(name, text.toString());
            changed = false;
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the tactic table " + name + " cannot be written to " + store + " (" + e.getMessage()
                    + "): the next start tunes again");
        }
    }

    private void addMissing(Content content) {
        content.entries.forEach(entries::putIfAbsent);
        content.configurations.forEach(configurations::putIfAbsent);
    }

    private Content read() {
        try {
            return store.read(name).map(text -> parse(text, HEADER + subject)).orElse(Content.NONE);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the tactic table " + name + " cannot be read in " + store + ": " + e.getMessage());
            return Content.NONE;
        }
    }

    private static Content parse(String text, String header) {
        List<String> lines = text.lines().toList();
        if (lines.isEmpty() || !lines.get(0).equals(header)) {
            return Content.NONE;
        }
        Content content = new Content(new TreeMap<>(), new TreeMap<>());
        try {
            for (String line : lines.subList(1, lines.size())) {
                String[] words = line.split(" ", 3);
                if (words[0].equals(CONFIGURATION)) {
                    content.configurations.put(words[1], words[2]);
                    continue;
                }
                double nanos = Double.parseDouble(words[1]);
                if (words.length == 3 && nanos > 0) {
                    content.entries.put(words[0], new Entry(nanos, words[2]));
                }
            }
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            return Content.NONE;
        }
        return content;
    }
}
