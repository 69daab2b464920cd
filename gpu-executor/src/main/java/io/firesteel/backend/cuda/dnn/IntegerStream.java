package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Launch;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.cuda.KernelText;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaDevice;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.backend.cuda.driver.CudaStream;
import java.util.ArrayList;
import java.util.List;

/**
 * An {@link IntegerProduct} by blocks that stay on their multiprocessors: while threads compute, what they will read of the data and of
 * the residual is on its way to shared memory, several groups of columns ahead.
 *
 * @param product what is computed, of single pixels
 * @param threads of a block
 * @param blocks that a multiprocessor holds
 * @param stages groups of columns that are on their way
 */
record IntegerStream(IntegerProduct product, int threads, int blocks, int stages) {

    private static final String SOURCE = KernelText.of(IntegerStream.class, "integer_stream.cu");
    /** Compute capability from which memory is copied without registers. */
    private static final int FIRST_MAJOR = 8;
    private static final int UNIT_THREADS = 128;
    private static final int UNIT_ROWS = 64;
    private static final int PIECE = 16;
    private static final int RESERVED_BYTES = 1 << 10;
    private static final int MOST_STAGES = 8;
    private static final int LEAST_STAGES = 2;

    /** One with as many stages as shared memory has room for, for each way to divide a multiprocessor; none where there is no room. */
    static List<IntegerStream> of(IntegerProduct product, CudaDevice device) {
        List<IntegerStream> all = new ArrayList<>();
        if (device.major() < FIRST_MAJOR || product.image().taps() > 1) {
            return all;
        }
        for (int threads : new int[] {512, 256}) {
            int blocks = threads == 512 ? 1 : product.pairs() <= 2 ? 3 : 2;
            long room = (device.sharedMemoryBytes() + RESERVED_BYTES) / blocks - RESERVED_BYTES;
            int stages = MOST_STAGES;
            while (stages >= LEAST_STAGES && new IntegerStream(product, threads, blocks, stages).sharedBytes() > room) {
                stages--;
            }
            if (stages >= LEAST_STAGES) {
                all.add(new IntegerStream(product, threads, blocks, stages));
            }
        }
        return all;
    }

    /** The same way to divide a multiprocessor for a product of the same sizes whose result lies elsewhere. */
    IntegerStream of(IntegerProduct other) {
        return new IntegerStream(other, threads, blocks, stages);
    }

    /** Its name among the tactics of a layer. */
    String name() {
        return "integer:stream:" + threads;
    }

    /** Rows of data that are in shared memory at once, of each thread. */
    private long dataStages() {
        return product.inRegisters() ? Sizes.ceilDiv(stages, product.groups()) : Sizes.ceilDiv(stages - 1, product.groups()) + 1;
    }

    private long sharedBytes() {
        long residual = product.residual() == null ? 0 : 2L * stages;
        return product.sharedBytes() + (dataStages() * product.pairs() * 2 + residual) * threads * PIECE;
    }

    String text() {
        return product.defines(threads, blocks) + InputPacking.define("STAGES", stages)
                + InputPacking.define("DATA_STAGES", dataStages()) + IntegerProduct.SHARED + SOURCE;
    }

    CudaFunction compile(CudaContext context) {
        return context.compile("product", text()).function("product");
    }

    /** As {@link IntegerProduct#bind}. */
    Launch bind(CudaFunction compiled, CudaStream stream, long[] addresses, float[] numbers) {
        long units = Sizes.ceilDiv(product.image().count(), UNIT_ROWS);
        long tiles = product.tiles();
        long resident = (long) stream.context().device().multiprocessors() * blocks / tiles;
        long needed = Sizes.ceilDiv(units, threads / UNIT_THREADS);
        int grid = Math.toIntExact(tiles * Math.max(1, Math.min(resident, needed)));
        return compiled.bind(stream, new int[] {grid}, new int[] {threads}, Math.toIntExact(sharedBytes()),
                product.arguments(addresses, numbers));
    }
}
