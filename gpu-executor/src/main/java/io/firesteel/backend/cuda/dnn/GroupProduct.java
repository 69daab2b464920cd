package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Launch;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.cuda.DeviceTypes;
import io.firesteel.backend.cuda.KernelText;
import io.firesteel.backend.cuda.TensorMap;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.backend.cuda.driver.KernelArguments;
import io.firesteel.tensor.DataType;
import java.util.List;

/**
 * A product of matrices on Hopper's tensor cores: y = f(x w^T + bias, residual). Blocks stay on their multiprocessors; the copy engine
 * fills a ring of stages in shared memory, from which two groups of four warps multiply.
 *
 * @param type fp16 or bf16
 * @param inner columns of x and w, a multiple of 8
 * @param columns rows of w and columns of y, a multiple of 8
 * @param function the epilogue as device code: statements that change {@code v}, the sum with the bias; {@code r} is the residual
 * @param residual whether there is a residual
 * @param shape how the work is divided
 */
record GroupProduct(DataType type, long inner, long columns, String function, boolean residual, Shape shape) {

    private static final String SOURCE = KernelText.of(GroupProduct.class, "group.cu");
    private static final int DEPTH = 64;
    private static final int ROWS = 128;
    private static final int THREADS = 384;
    private static final int STORED_ROWS = 16;
    private static final int STAGING_BYTES = 8 * 2 * STORED_ROWS * DEPTH * 2;
    private static final int ALIGNMENT = 1024;
    private static final int BARRIER_BYTES = 16;
    private static final int FURTHER_BARRIER_BYTES = (2 + 8 * 2) * 8;

    /**
     * How the work is divided.
     *
     * @param columns of a tile, which has 128 rows: 128, 192 or 256; at most 192 where groups take turns, 256 where they do not
     * @param alternate whether each group makes a tile of its own, so that one finishes its results while the other multiplies;
     *     otherwise each makes half of the rows
     * @param cluster blocks that share the weights they read
     * @param stages of the ring
     */
    record Shape(int columns, boolean alternate, int cluster, int stages) {

        /** Those among which timing chooses. */
        static final List<Shape> ALL = List.of(new Shape(192, true, 1, 4), new Shape(192, true, 2, 4), new Shape(256, false, 2, 4),
                new Shape(128, true, 1, 6), new Shape(128, true, 2, 6));

        int sharedBytes() {
            return ALIGNMENT + stages * ((ROWS + columns) * DEPTH * 2 + BARRIER_BYTES) + STAGING_BYTES + FURTHER_BARRIER_BYTES;
        }

        /** Its name among the tactics of a layer. */
        String name() {
            return "group:" + columns + "x" + cluster;
        }
    }

    CudaFunction compile(CudaContext context) {
        return context.compile("product", text()).function("product");
    }

    String text() {
        return DeviceTypes.PRELUDE + InputPacking.define("TYPE", DeviceTypes.name(type))
                + InputPacking.define("OPERAND", type == DataType.FLOAT16 ? "\"f16\"" : "\"bf16\"")
                + InputPacking.define("INNER", inner) + InputPacking.define("COLUMNS", columns)
                + InputPacking.define("TILE_COLUMNS", shape.columns()) + InputPacking.define("ALTERNATE", shape.alternate() ? 1 : 0)
                + InputPacking.define("CLUSTER", shape.cluster()) + InputPacking.define("STAGES", shape.stages())
                + InputPacking.define("RESIDUAL", residual ? 1 : 0) + InputPacking.define("FUNCTION", function) + SOURCE;
    }

    /**
     * @param bias device address of fp32 values for the columns of all tiles, or 0 where there is none
     * @param added device address of the residual, which may be that of the result
     */
    Launch bind(CudaFunction compiled, CudaStream stream, long x, long w, long bias, long added, long y, int rows) {
        int tiles = Math.toIntExact(Sizes.ceilDiv(rows, (long) ROWS * shape.cluster()) * Sizes.ceilDiv(columns, shape.columns()));
        int clusters = Math.min(tiles, stream.context().device().multiprocessors() / shape.cluster());
        byte[] result = TensorMap.of(stream, y, columns, rows, DEPTH, STORED_ROWS);
        return compiled.bind(stream, new int[] {clusters * shape.cluster()}, new int[] {THREADS}, shape.sharedBytes(),
                new KernelArguments().structure(TensorMap.of(stream, x, inner, rows, DEPTH, ROWS))
                        .structure(TensorMap.of(stream, w, inner, columns, DEPTH, shape.columns() / shape.cluster()))
                        .structure(result).structure(residual ? TensorMap.of(stream, added, columns, rows, DEPTH, STORED_ROWS) : result)
                        .pointer(bias).int32(tiles));
    }

    /** The columns of all tiles. */
    long paddedColumns() {
        return Sizes.roundUp(columns, shape.columns());
    }
}
