package io.firesteel.calibration.sample;

import java.io.Serializable;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The smallest of the hashes seen, a hash as often as it was seen: associative, commutative, and of bounded size. Not safe
 * for use by several threads.
 */
public final class SmallestHashes implements Serializable {

    private static final long serialVersionUID = 1;

    private final int limit;
    private final TreeMap<ContentHash, Long> counts = new TreeMap<>();
    private long total;

    /** @param limit how many are kept, at least 1 */
    public SmallestHashes(int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit " + limit);
        }
        this.limit = limit;
    }

    /** Adds one. */
    public void add(ContentHash hash) {
        add(hash, 1);
    }

    private void add(ContentHash hash, long count) {
        if (total >= limit && hash.compareTo(counts.lastKey()) > 0) {
            return;
        }
        counts.merge(hash, count, Math::addExact);
        total = Math.addExact(total, count);
        while (total - counts.lastEntry().getValue() >= limit) {
            total -= counts.pollLastEntry().getValue();
        }
    }

    /** Adds what another one has seen. */
    public SmallestHashes merge(SmallestHashes other) {
        other.counts.forEach(this::add);
        return this;
    }

    /** The hashes, and how often each is in the sample: no more than the limit in all. */
    public SortedMap<ContentHash, Integer> sample() {
        TreeMap<ContentHash, Integer> sample = new TreeMap<>();
        long left = limit;
        for (Map.Entry<ContentHash, Long> entry : counts.entrySet()) {
            int taken = (int) Math.min(left, entry.getValue());
            sample.put(entry.getKey(), taken);
            left -= taken;
        }
        return Collections.unmodifiableSortedMap(sample);
    }
}
