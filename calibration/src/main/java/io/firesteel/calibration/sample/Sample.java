package io.firesteel.calibration.sample;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The rows chosen for calibration, divided into chunks by their hashes.
 *
 * @param chunks for each of the {@value ContentHash#CHUNKS} chunks its rows and how often each is observed
 */
public record Sample(List<SortedMap<ContentHash, Integer>> chunks) {

    public Sample {
        chunks = chunks.stream().map(chunk -> Collections.unmodifiableSortedMap(new TreeMap<>(chunk))).toList();
    }

    /** The rows that several samples, one for each stratum, have together. */
    public static Sample of(Collection<SmallestHashes> strata) {
        List<SortedMap<ContentHash, Integer>> chunks = new ArrayList<>();
        for (int i = 0; i < ContentHash.CHUNKS; i++) {
            chunks.add(new TreeMap<>());
        }
        strata.forEach(stratum -> stratum.sample().forEach((hash, count) ->
                chunks.get(hash.chunk()).merge(hash, count, Integer::sum)));
        return new Sample(chunks);
    }

    /** How many rows are observed. */
    public long rows() {
        return chunks.stream().flatMap(chunk -> chunk.values().stream()).mapToLong(Integer::longValue).sum();
    }

    /**
     * Identifies what a chunk's histograms depend on.
     *
     * @param planHash the plan
     * @param options everything else, as text
     * @return SHA-256 in lower-case hexadecimal
     */
    public String key(int chunk, String planHash, String options) {
        MessageDigest digest = ContentHash.sha256();
        digest.update((planHash + "\n" + options + "\n").getBytes(StandardCharsets.UTF_8));
        for (Map.Entry<ContentHash, Integer> row : chunks.get(chunk).entrySet()) {
            digest.update(ByteBuffer.allocate(2 * Long.BYTES + Integer.BYTES).putLong(row.getKey().high())
                    .putLong(row.getKey().low()).putInt(row.getValue()).flip());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /**
     * Divides rows over strata as evenly as the strata allow: each gives the same number, those that have fewer all of theirs;
     * what cannot be divided goes to the first ones in the order of their names.
     *
     * @param rows rows wanted, at least 1
     * @param available rows of each stratum
     * @return rows of each stratum; strata that give none are left out
     */
    public static SortedMap<String, Integer> quotas(int rows, Map<String, Long> available) {
        TreeMap<String, Integer> quotas = new TreeMap<>();
        TreeMap<String, Long> open = new TreeMap<>(available);
        open.values().removeIf(count -> count <= 0);
        long left = rows;
        while (left > 0 && !open.isEmpty()) {
            long share = Math.max(1, left / open.size());
            for (Map.Entry<String, Long> stratum : List.copyOf(open.entrySet())) {
                int taken = (int) Math.min(Math.min(share, left), stratum.getValue());
                left -= taken;
                quotas.merge(stratum.getKey(), taken, Integer::sum);
                open.merge(stratum.getKey(), (long) -taken, Long::sum);
            }
            open.values().removeIf(count -> count == 0);
            quotas.values().removeIf(count -> count == 0);
        }
        return quotas;
    }
}
