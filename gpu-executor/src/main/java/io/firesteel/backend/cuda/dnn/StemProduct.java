package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Launch;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.DeviceTypes;
import io.firesteel.backend.cuda.KernelText;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.backend.cuda.driver.KernelArguments;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The first convolution of many networks: few channels, row-major or innermost, two pixels a step along rows and columns. A block
 * of threads makes whole rows of the result: the rows of the image that they need lie in shared memory once, each channel for
 * itself, and tensor cores take from there pairs of neighbouring pixels; on Hopper four warps multiply together and read the weights from
 * shared memory as they multiply. A row of the window is padded with zeros to 4 or 8 elements, in front as well where that makes pairs
 * even.
 *
 * @param type fp16 or bf16, of the weights and of what is multiplied
 * @param from the image
 * @param normalization what is done to its elements
 * @param result sizes of the result
 * @param kernelH rows of the window
 * @param kernelW columns of the window, at most 7 before padding in front
 * @param padH rows of zeros before the image
 * @param padW columns of zeros before the image
 * @param rowOfY elements from one pixel of the result to the next
 * @param function the epilogue as device code: statements that change {@code v}, the sum with the bias
 */
record StemProduct(DataType type, TensorLayout from, Normalization normalization, long[] result, long kernelH, long kernelW,
        long padH, long padW, long rowOfY, String function) {

    private static final int THREADS = 256;
    private static final int PIXELS = 16;
    /** Summands of a column that lie together in shared memory. */
    private static final int PIECE = 8;
    /** Columns that four threads store at once. */
    private static final long QUAD = 32;
    private static final int SHARED_BYTES = 228 << 10;
    private static final int RESERVED_BYTES = 1 << 10;
    private static final int MOST_BLOCKS = 3;
    private static final long ENOUGH_BLOCKS = 396;

    private static final String SOURCE = KernelText.of(StemProduct.class, "stem.cu");

    private long image(int axis) {
        return from.sizes()[axis];
    }

    /** Whether the padding in front is one column more than the convolution's, so that pairs begin at even columns. */
    private boolean shifted() {
        return padW % 2 != 0;
    }

    private long taps() {
        return kernelW + (shifted() ? 1 : 0) <= 4 ? 4 : 8;
    }

    private long steps() {
        return Sizes.ceilDiv(image(1) * kernelH * taps(), 16);
    }

    /** Rows of the result that a block makes. */
    private long rows() {
        long rows = 8;
        while (rows > 1 && result[0] * Sizes.ceilDiv(result[2], rows) < ENOUGH_BLOCKS) {
            rows /= 2;
        }
        return rows;
    }

    private long across() {
        return Sizes.ceilDiv(result[3], PIXELS);
    }

    /** Elements of a row in shared memory; two rows that are read together lie in different banks. */
    private long pitch() {
        long pitch = across() * 2 * PIXELS + taps();
        while (taps() == 4 && (pitch / 2 % 32 < 10 || pitch / 2 % 32 > 22)) {
            pitch += 2;
        }
        return pitch;
    }

    private long patchRows() {
        return (rows() - 1) * 2 + kernelH;
    }

    private int sharedBytes() {
        return Math.toIntExact(4 * (image(1) * patchRows() * pitch() / 2) + steps() * 2 * result[1] * PIECE * type.bytes());
    }

    /** The channel whose sums come in a column: those of one thread are neighbours. */
    private long channel(long column) {
        long tile = column / PIECE;
        long rest = result[1] % QUAD / PIECE;
        boolean whole = tile < result[1] / QUAD * 4;
        return tile / 4 * QUAD + column % PIECE / 2 * (whole ? PIECE : rest * 2) + tile % 4 * 2 + column % 2;
    }

    /** For each column its summands: for each input channel and row of the window its padded row; zeros up to a whole step. */
    WeightForm weights() {
        long groups = image(1) * kernelH;
        List<Long> columns = LongStream.range(0, result[1]).map(c -> channel(c) * groups * kernelW).boxed().toList();
        List<Long> summands = new ArrayList<>();
        for (long k = 0; k < steps() * PIXELS; k++) {
            long group = k / taps();
            long column = k % taps() - (shifted() ? 1 : 0);
            summands.add(group < groups && column >= 0 && column < kernelW ? group * kernelW + column : -1);
        }
        return new WeightForm(type, List.of(new WeightForm.Axis(columns), new WeightForm.Axis(summands)));
    }

    /** Four warps' multiplication of 64 pixels, 16 summands from registers, by all columns. */
    private String groupProduct() {
        int sums = (int) result[1] / 2;
        String places = IntStream.range(0, sums).mapToObj(i -> "%" + i).collect(Collectors.joining(","));
        String registers = IntStream.range(0, sums).mapToObj(i -> "\"+f\"(c[" + i / 4 + "][" + i % 4 + "])").collect(Collectors.joining(", "));
        return """
                __device__ __forceinline__ void multiply_group(float (*c)[4], const u32* a, unsigned long long weights, int add) {
                    asm volatile("{ .reg .pred p; setp.ne.b32 p, %%%d, 0; wgmma.mma_async.sync.aligned.m64n%dk16.f32." OPERAND "." OPERAND
                        " {%s}, {%%%d,%%%d,%%%d,%%%d}, %%%d, p, 1, 1, 0; }" : %s
                        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(weights), "r"(add));
                }
                """.formatted(sums + 5, result[1], places, sums, sums + 1, sums + 2, sums + 3, sums + 4, registers);
    }

    /** Blocks that a multiprocessor holds, as far as shared memory goes. */
    private int blocks() {
        return Math.max(1, Math.min(MOST_BLOCKS, SHARED_BYTES / (sharedBytes() + RESERVED_BYTES)));
    }

    CudaFunction compile(CudaContext context) {
        return context.compile("stem", source()).function("stem");
    }

    String source() {
        Object[][] defines = {{"TYPE", DeviceTypes.name(type)}, {"FROM", DeviceTypes.name(from.dataType())},
            {"INTERLEAVED", from.format() == TensorFormat.LINEAR ? 0 : 1}, {"CHANNELS", image(1)}, {"IN_H", image(2)},
            {"IN_W", image(3)}, {"OUT_H", result[2]}, {"OUT_W", result[3]}, {"TILES_N", result[1] / 8}, {"KERNEL_H", kernelH},
            {"GROUPS", image(1) * kernelH}, {"STEPS", steps()}, {"WIDE", taps() == 8 ? 1 : 0}, {"PAD_H", padH},
            {"FRONT", padW + (shifted() ? 1 : 0)}, {"TILE_H", rows()}, {"DOWN", Sizes.ceilDiv(result[2], rows())}, {"ACROSS", across()},
            {"PITCH", pitch()}, {"PATCH_H", patchRows()}, {"ROW_Y", rowOfY}, {"BLOCKS", blocks()}, {"FUNCTION", function}};
        StringBuilder text = new StringBuilder(DeviceTypes.PRELUDE).append(normalization.source())
                .append(TileProduct.operand(type));
        for (Object[] define : defines) {
            text.append(InputPacking.define((String) define[0], define[1]));
        }
        return text.append(TileProduct.PRIMITIVES).append(groupProduct()).append(SOURCE).toString();
    }

    /** @param bias device address of fp32 values, or 0 where there is none */
    Launch bind(CudaFunction compiled, CudaStream stream, long x, long w, long bias, long y) {
        int blocks = Math.toIntExact(result[0] * Sizes.ceilDiv(result[2], rows()));
        return compiled.bind(stream, new int[] {blocks}, new int[] {THREADS}, sharedBytes(),
                new KernelArguments().pointer(x).pointer(w).pointer(bias).pointer(y));
    }
}
