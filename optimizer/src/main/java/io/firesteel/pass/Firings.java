package io.firesteel.pass;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Counts how often each rule fired, in the order of their first firing. */
public final class Firings {

    private final Map<String, Long> counts = new LinkedHashMap<>();

    /** Notes one firing of a rule. */
    public void add(String rule) {
        counts.merge(rule, 1L, Long::sum);
    }

    /** The counts so far. */
    public Map<String, Long> counts() {
        return Collections.unmodifiableMap(counts);
    }
}
