package io.firesteel.calibration.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SampleTest {

    private static List<ContentHash> hashes(int count) {
        Random random = new Random(3);
        List<ContentHash> hashes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            hashes.add(new ContentHash(random.nextInt(40) - 20, random.nextInt(4)));
        }
        return hashes;
    }

    @Test
    void keepsTheSmallestHoweverTheyAreDivided() {
        List<ContentHash> all = hashes(500);
        List<ContentHash> sorted = new ArrayList<>(all);
        sorted.sort(null);
        for (int limit : new int[] {1, 7, 100, 499, 500, 900}) {
            SortedMap<ContentHash, Integer> expected = new TreeMap<>();
            sorted.subList(0, Math.min(limit, 500)).forEach(hash -> expected.merge(hash, 1, Integer::sum));
            for (int parts : new int[] {1, 2, 7}) {
                List<SmallestHashes> samples = new ArrayList<>();
                for (int i = 0; i < parts; i++) {
                    samples.add(new SmallestHashes(limit));
                }
                for (int i = 0; i < all.size(); i++) {
                    samples.get(i * 31 % parts).add(all.get(i));
                }
                SmallestHashes merged = samples.get(parts - 1);
                samples.subList(0, parts - 1).forEach(merged::merge);
                assertThat(merged.sample()).as("%d of %d parts", limit, parts).isEqualTo(expected);
            }
        }
    }

    @Test
    void ordersHashesAsUnsignedNumbers() {
        assertThat(new ContentHash(1, -1)).isLessThan(new ContentHash(2, 0)).isGreaterThan(new ContentHash(1, 5));
        assertThat(new ContentHash(-1, 0)).isGreaterThan(new ContentHash(1, 0));
        List<ContentHash> sorted = new ArrayList<>(hashes(50));
        sorted.sort((a, b) -> Arrays.compareUnsigned(a.toBytes(), b.toBytes()));
        assertThat(sorted).isSorted().allMatch(hash -> ContentHash.fromBytes(hash.toBytes()).equals(hash));
    }

    @Test
    void hashesContent() {
        assertThat(ContentHash.of(new byte[0])).isEqualTo(new ContentHash(0xe3b0c44298fc1c14L, 0x9afbf4c8996fb924L));
    }

    @Test
    void keysChunksByTheirContentPlanAndOptions() {
        SmallestHashes few = new SmallestHashes(10);
        few.add(new ContentHash(5, 64));
        few.add(new ContentHash(6, 65));
        Sample sample = Sample.of(List.of(few));
        few.add(new ContentHash(7, 65));
        Sample more = Sample.of(List.of(few));
        assertThat(more.key(0, "plan", "options")).isEqualTo(sample.key(0, "plan", "options"));
        assertThat(more.key(1, "plan", "options")).isNotEqualTo(sample.key(1, "plan", "options"));
        assertThat(sample.key(0, "other", "options")).isNotEqualTo(sample.key(0, "plan", "options"));
        assertThat(sample.key(0, "plan", "other")).isNotEqualTo(sample.key(0, "plan", "options"));
        assertThat(more.rows()).isEqualTo(3);
    }

    @Test
    void dividesRowsOverStrata() {
        assertThat(Sample.quotas(10, Map.of("a", 100L, "b", 100L))).isEqualTo(Map.of("a", 5, "b", 5));
        assertThat(Sample.quotas(10, Map.of("a", 2L, "b", 100L, "c", 100L))).isEqualTo(Map.of("a", 2, "b", 4, "c", 4));
        assertThat(Sample.quotas(10, Map.of("a", 1L, "b", 2L, "c", 0L))).isEqualTo(Map.of("a", 1, "b", 2));
        assertThat(Sample.quotas(2, Map.of("a", 9L, "b", 9L, "c", 9L))).isEqualTo(Map.of("a", 1, "b", 1));
        assertThat(Sample.quotas(8, Map.of("a", 9L, "b", 9L, "c", 9L)).values().stream().mapToInt(i -> i).sum()).isEqualTo(8);
        assertThat(Arrays.asList(Sample.quotas(8, Map.of("a", 9L, "b", 9L, "c", 9L)).values().toArray())).containsExactly(3, 3, 2);
    }
}
