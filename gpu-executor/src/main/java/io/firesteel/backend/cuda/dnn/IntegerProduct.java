package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Launch;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.cuda.DeviceTypes;
import io.firesteel.backend.cuda.KernelText;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.backend.cuda.driver.KernelArguments;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;

/**
 * A product of rows of bytes, or of what a window reaches of an image, with constant weights on tensor cores, for layers whose time
 * is memory traffic: {@code y = round(f(x w^T * scale + bias, (residual - zero) * factor))}. Weights stay in shared memory; a warp
 * makes 16 rows, whose bytes go from memory to registers in the order in which the tensor cores take them, and every thread makes 16
 * neighbouring columns. Hopper's instruction for four warps is taken where the compiler knows it.
 *
 * @param signed whether x holds signed bytes
 * @param inner columns of x and w, a multiple of 4
 * @param columns rows of w and columns of y
 * @param image how rows of x lie
 * @param rowOfY elements from one row of y to the next
 * @param residual element type of the residual, a byte, or null where there is none
 * @param rowOfResidual elements from one row of the residual to the next
 * @param result element type of y: a byte, fp32, fp16 or bf16
 * @param epilogue what follows the sums
 */
record IntegerProduct(boolean signed, long inner, long columns, Rows image, long rowOfY, DataType residual, long rowOfResidual,
        DataType result, IntegerEpilogue epilogue) {

    /** Summands of two instructions. */
    static final int PAIR = 64;

    private static final int MOST_COLUMNS = 64;
    private static final int LEAST_COLUMNS = 16;
    private static final int THREADS = 256;
    private static final int WARP_ROWS = 16;
    private static final int BLOCK_ROWS = THREADS / 32 * WARP_ROWS;
    private static final int MOST_PAIRS_IN_REGISTERS = 4;
    private static final long MOST_WEIGHT_BYTES = 64 << 10;
    private static final long BLOCKS_WANTED = 1200;
    private static final int MOST_ROWS_OF_A_WARP = 8;
    /** Words of what is moved at once at best. */
    private static final long WHOLE = 4;
    private static final String ROWS = KernelText.of(IntegerProduct.class, "integer_rows.cu");
    /** Device code that the kernels share. */
    static final String SHARED = IntegerEpilogue.SOURCE + KernelText.of(IntegerProduct.class, "integer.cu");

    /**
     * Where the rows of x are: for each pixel of the result the channels of the pixels that a window reaches, one pixel after the
     * other; zeros beyond the image.
     *
     * @param count rows
     * @param pitch elements from one pixel to the next
     * @param sizes rows and columns of the image, then of the result
     * @param window rows and columns of the window; where it has several pixels, channels are a multiple of 16
     * @param strides along rows and columns
     * @param pads rows above and columns before the image
     */
    record Rows(long count, long pitch, List<Long> sizes, List<Long> window, List<Long> strides, List<Long> pads) {

        /** Rows one after the other. */
        static Rows every(long count, long pitch) {
            return new Rows(count, pitch, List.of(1L, count, 1L, count), List.of(1L, 1L), List.of(1L, 1L), List.of(0L, 0L));
        }

        long taps() {
            return window.get(0) * window.get(1);
        }

        private String defines(long inner) {
            return InputPacking.define("ROWS", count) + InputPacking.define("PITCH", pitch) + InputPacking.define("HEIGHT", sizes.get(0))
                    + InputPacking.define("WIDTH", sizes.get(1)) + InputPacking.define("OUT_HEIGHT", sizes.get(2))
                    + InputPacking.define("OUT_WIDTH", sizes.get(3)) + InputPacking.define("WINDOW_WIDTH", window.get(1))
                    + InputPacking.define("STRIDE_H", strides.get(0)) + InputPacking.define("STRIDE_W", strides.get(1))
                    + InputPacking.define("PAD_H", pads.get(0)) + InputPacking.define("PAD_W", pads.get(1))
                    + InputPacking.define("TAPS", taps()) + InputPacking.define("CHANNELS", inner / taps());
        }
    }

    /** Blocks of 64 summands. */
    long pairs() {
        return Sizes.ceilDiv(inner, PAIR);
    }

    /** Columns of w with the zeros after them. */
    private long paddedInner() {
        return pairs() * PAIR;
    }

    /** Columns that a warp makes at once: those of whole pieces of a residual, or no more than there are. */
    private int group() {
        int group = MOST_COLUMNS;
        while (residual == null && group > LEAST_COLUMNS && columns <= group / 2) {
            group /= 2;
        }
        return group;
    }

    /** Groups of columns that a block makes. */
    long groups() {
        return Math.max(1, Math.min(Sizes.ceilDiv(columns, group()), MOST_WEIGHT_BYTES / (group() * paddedInner())));
    }

    /** Blocks that share rows. */
    long tiles() {
        return Sizes.ceilDiv(columns, group() * groups());
    }

    /** Rows of w with the zeros after them, and how many scales and biases there are. */
    int paddedColumns() {
        return Math.toIntExact(tiles() * groups() * group());
    }

    /** Shared memory for weights, scales and biases. */
    int sharedBytes() {
        return Math.toIntExact(groups() * (paddedInner() * group() + group() * 2L * Float.BYTES));
    }

    private long rowsOfAWarp() {
        return Math.max(1, Math.min(MOST_ROWS_OF_A_WARP, Sizes.ceilDiv(image.count, BLOCK_ROWS) * tiles() / BLOCKS_WANTED));
    }

    /**
     * The form of the weights: columns in the order in which threads make them, summands in the order in which they read x.
     *
     * @param columnStarts where the weights of each column of the product begin in the constant
     * @param innerStarts where each summand is among those of a column; negative for zeros
     */
    WeightForm weights(List<Long> columnStarts, List<Long> innerStarts) {
        List<Long> columnAxis = new ArrayList<>();
        for (long i = 0; i < paddedColumns(); i++) {
            long column = i / group() * group() + i % 8 / 2 * (group() / 4) + i / 8 % (group() / 8) * 2 + i % 2;
            columnAxis.add(column < columns ? columnStarts.get((int) column) : -1);
        }
        List<Long> innerAxis = new ArrayList<>();
        for (long i = 0; i < paddedInner(); i++) {
            long summand = i / PAIR * PAIR + i / 4 % 4 * 16 + i / 16 % 4 * 4 + i % 4;
            innerAxis.add(summand < inner ? innerStarts.get((int) summand) : -1);
        }
        return new WeightForm(DataType.INT8, List.of(new WeightForm.Axis(columnAxis), new WeightForm.Axis(innerAxis)));
    }

    /** Words of 4 bytes that can be moved at once, at most 4. */
    private static long piece(long bytes, long pitch) {
        long words = WHOLE;
        while (words > 1 && (bytes % (words * 4) != 0 || pitch % (words * 4) != 0)) {
            words /= 2;
        }
        return words;
    }

    private static boolean isByte(DataType type) {
        return type == DataType.INT8 || type == DataType.UINT8;
    }

    CudaFunction compile(CudaContext context) {
        return context.compile("product", text()).function("product");
    }

    /** The kernel whose data go from memory to registers. */
    String text() {
        return defines(THREADS, pairs() <= 2 ? 3 : 2) + InputPacking.define("PER_WARP", rowsOfAWarp()) + SHARED + ROWS;
    }

    /**
     * What the kernels' sources need to know.
     *
     * @param threads of a block
     * @param blocks that a multiprocessor holds at least
     */
    String defines(int threads, int blocks) {
        boolean bytes = isByte(result);
        long width = result.bytes();
        return DeviceTypes.PRELUDE + InputPacking.define("THREADS", threads) + InputPacking.define("BLOCKS", blocks)
                + InputPacking.define("OPERAND", signed ? "\"s8\"" : "\"u8\"") + InputPacking.define("INNER", inner)
                + InputPacking.define("PAIRS", pairs()) + InputPacking.define("PRELOAD", inRegisters() ? 1 : 0)
                + InputPacking.define("COLUMNS", columns) + InputPacking.define("GROUPS", groups()) + InputPacking.define("GROUP", group())
                + InputPacking.define("TILES", tiles())
                + image.defines(inner) + InputPacking.define("PIECE_X", pieceOfData())
                + InputPacking.define("STEP", inRegisters() ? pairs() : MOST_PAIRS_IN_REGISTERS) + InputPacking.define("ROW_Y", rowOfY)
                + InputPacking.define("PIECE_Y", Math.min(piece(columns * width, rowOfY * width), group() / 16 * width))
                + InputPacking.define("ROW_R", residual == null ? 0 : rowOfResidual)
                + InputPacking.define("PIECE_R", residual == null ? WHOLE : piece(columns, rowOfResidual))
                + InputPacking.define("SIGNED_R", residual == DataType.INT8 ? 1 : 0)
                + InputPacking.define("BYTES", bytes ? 1 : 0) + InputPacking.define("TYPE_Y", DeviceTypes.name(result))
                + epilogue.defines(inner * (signed ? 128 : 255) * 128, result);
    }

    /** Whether a thread keeps what it reads of x for all columns. */
    boolean inRegisters() {
        return pairs() <= MOST_PAIRS_IN_REGISTERS;
    }

    private long pieceOfData() {
        return image.taps() > 1 ? WHOLE : piece(inner, image.pitch);
    }

    /**
     * @param addresses of x, weights, scales, biases, residual or 0, y
     * @param numbers factor and zero point of the residual, factor and zero point of the result
     */
    Launch bind(CudaFunction compiled, CudaStream stream, long[] addresses, float[] numbers) {
        int blocks = Math.toIntExact(Sizes.ceilDiv(image.count, BLOCK_ROWS * rowsOfAWarp()) * tiles());
        return compiled.bind(stream, new int[] {blocks}, new int[] {THREADS}, sharedBytes(), arguments(addresses, numbers));
    }

    /** The arguments of both kernels. */
    KernelArguments arguments(long[] addresses, float[] numbers) {
        KernelArguments arguments = new KernelArguments();
        for (long address : addresses) {
            arguments.pointer(address);
        }
        float hidden = residual == DataType.INT8 ? 8388736f : 8388608f;
        arguments.float32(numbers[0]).float32(hidden + numbers[1]).float32(numbers[2]).float32(numbers[3]);
        epilogue.pass(arguments);
        return arguments;
    }
}
