package io.firesteel.engine;

import io.firesteel.FiresteelException;
import io.firesteel.plan.Precision;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * How an engine runs a plan.
 *
 * @param precision the lowest precision permitted, or null for what the plan permits
 * @param buckets batch sizes that programs are made for, ascending
 * @param sessions how many sessions may run at a time
 * @param arenaLimitBytes buckets whose arena would be larger are not used, the smallest excepted
 * @param sizes sizes of symbolic dimensions other than the batch, by symbol
 * @param tactics where tactic tables are kept
 */
public record EngineOptions(Precision precision, List<Integer> buckets, int sessions, long arenaLimitBytes,
        Map<String, Long> sizes, TacticStore tactics) {

    private static final List<Integer> BUCKETS = List.of(1, 8, 32, 128, 512);
    private static final long ARENA_LIMIT = 512L << 20;

    public EngineOptions {
        buckets = buckets.stream().sorted().distinct().toList();
        sizes = Map.copyOf(sizes);
        if (buckets.isEmpty() || buckets.get(0) < 1) {
            throw FiresteelException.user("BUCKETS_INVALID", "batch buckets must be positive numbers, are " + buckets);
        }
        if (sessions < 1) {
            throw FiresteelException.user("SESSIONS_INVALID", "at least one session is needed, not " + sessions);
        }
    }

    /** Buckets 1, 8, 32, 128, 512; as many sessions as processors; the plan's precision. */
    public static EngineOptions defaults() {
        return new EngineOptions(null, BUCKETS, Runtime.getRuntime().availableProcessors(), ARENA_LIMIT, Map.of(), TacticStore.ofUser());
    }

    public EngineOptions withPrecision(Precision other) {
        return new EngineOptions(other, buckets, sessions, arenaLimitBytes, sizes, tactics);
    }

    public EngineOptions withBuckets(List<Integer> other) {
        return new EngineOptions(precision, other, sessions, arenaLimitBytes, sizes, tactics);
    }

    /** With a bucket of this size beside the others. */
    public EngineOptions withBucket(int rows) {
        return withBuckets(Stream.concat(buckets.stream(), Stream.of(rows)).toList());
    }

    public EngineOptions withSessions(int other) {
        return new EngineOptions(precision, buckets, other, arenaLimitBytes, sizes, tactics);
    }

    public EngineOptions withArenaLimit(long bytes) {
        return new EngineOptions(precision, buckets, sessions, bytes, sizes, tactics);
    }

    public EngineOptions withTactics(TacticStore other) {
        return new EngineOptions(precision, buckets, sessions, arenaLimitBytes, sizes, other);
    }
}
