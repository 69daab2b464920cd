package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Sizes;
import io.firesteel.backend.cuda.driver.CudaDevice;
import io.firesteel.tensor.DataType;
import java.util.List;

/**
 * Attention of up to 256 keys by Hopper's warp groups: a block takes a head of one sequence, whose keys and values it has whole in
 * shared memory, and 64 queries at a time.
 */
final class GroupedAttention {

    private static final int HOPPER = 9;
    private static final int TILE = 64;
    private static final int THREADS = 128;
    private static final int MASK_VECTOR = 8;
    private static final long MOST_KEYS = 256;
    private static final List<Long> HEAD_SIZES = List.of(32L, 64L, 128L);
    /** Of a multiprocessor; the system takes 1 KB of shared memory for every block. */
    private static final int SHARED_BYTES = 228 << 10;
    private static final int REGISTERS = 64 << 10;

    private GroupedAttention() { }

    /** Whether a device can compute a layer so. */
    static boolean takes(AttentionProblem problem, CudaDevice device) {
        return device.major() == HOPPER && problem.forTensorCores() && problem.keys() <= MOST_KEYS && HEAD_SIZES.contains(problem.size())
                && sharedBytes(problem) <= device.sharedMemoryBytes();
    }

    private static long keyRows(AttentionProblem problem) {
        return Sizes.ceilDiv(problem.keys(), 32) * 32;
    }

    private static long sharedBytes(AttentionProblem problem) {
        long buffers = Math.min(2, Sizes.ceilDiv(problem.queries(), TILE));
        return (buffers * TILE + 2 * keyRows(problem)) * problem.size() * problem.type().bytes();
    }

    /** Blocks that fit on a multiprocessor, by shared memory and by the registers of scores, sums and masks. */
    private static long blocks(AttentionProblem problem) {
        long keys = keyRows(problem);
        long masks = keys > 2 * TILE && problem.mask() != null && problem.maskStrides()[2] != 0 ? keys / 4 : 0;
        long registers = 16 + keys / 2 + masks + (problem.size() > TILE ? 80 : problem.size() / 2);
        return Math.max(1, Math.min(SHARED_BYTES / (sharedBytes(problem) + 1024), REGISTERS / (registers * THREADS)));
    }

    static KernelCall call(AttentionProblem problem) {
        boolean vectors = problem.maskVectors(MASK_VECTOR);
        String text = problem.text().define("BLOCKS", blocks(problem))
                .define("ELEMENT", problem.type() == DataType.FLOAT16 ? "\"f16\"" : "\"bf16\"")
                .define("MASK_VECTORS", vectors ? 1 : 0).define("MASK_ELEMENTS", problem.mask() != null && !vectors ? 1 : 0)
                .line("%s", Prelude.TENSOR_CORES + Prelude.resource("attention_group.cu")).toString();
        return new KernelCall("attention", text, problem.batch() * problem.heads(), 1, 1, THREADS,
                Math.toIntExact(sharedBytes(problem)), problem.arguments());
    }
}
