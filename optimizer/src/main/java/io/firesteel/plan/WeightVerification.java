package io.firesteel.plan;

import io.firesteel.plan.proto.BlobDefinition;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.atomic.AtomicInteger;

/** Compares the checksums of a plan's weights with those its header gives, on all cores, while the caller reads the graph. */
final class WeightVerification {

    private final List<BlobDefinition> definitions;
    private final ByteBuffer[][] blobs;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger damaged = new AtomicInteger(Integer.MAX_VALUE);
    private final List<ForkJoinTask<?>> others = new ArrayList<>();

    private WeightVerification(List<BlobDefinition> definitions, ByteBuffer[][] blobs) {
        this.definitions = definitions;
        this.blobs = blobs;
    }

    /** Begins in other threads. */
    static WeightVerification start(List<BlobDefinition> definitions, ByteBuffer[][] blobs) {
        WeightVerification verification = new WeightVerification(definitions, blobs);
        ForkJoinPool pool = ForkJoinPool.commonPool();
        for (int i = Math.min(pool.getParallelism(), blobs.length); i > 0; i--) {
            verification.others.add(pool.submit(verification::verifyRemaining));
        }
        return verification;
    }

    /**
     * Takes part until all weights are verified.
     *
     * @return the number of the first blob without the checksum it should have, or -1 where there is none
     */
    int finish() {
        verifyRemaining();
        others.forEach(ForkJoinTask::join);
        int first = damaged.get();
        return first == Integer.MAX_VALUE ? -1 : first;
    }

    private void verifyRemaining() {
        for (int i = next.getAndIncrement(); i < blobs.length; i = next.getAndIncrement()) {
            if (!isUndamaged(definitions.get(i), blobs[i])) {
                damaged.accumulateAndGet(i, Math::min);
            }
        }
    }

    private static boolean isUndamaged(BlobDefinition definition, ByteBuffer[] blob) {
        return definition.hasCrc32C() ? PlanFormat.crc32c(blob) == definition.getCrc32C()
                : Arrays.equals(PlanFormat.sha256(blob), definition.getSha256().toByteArray());
    }
}
