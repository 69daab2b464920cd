package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Launch;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.DeviceTypes;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.backend.cuda.driver.KernelArguments;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;

/**
 * The first convolution of many networks: few channels, row-major or innermost, two pixels a step along rows and columns. A block
 * of threads makes whole rows of the result: the rows of the image that they need lie in shared memory once, each channel for
 * itself, and tensor cores take from there pairs of neighbouring pixels. A row of the window is padded with zeros to 4 or 8
 * elements, in front as well where that makes pairs even.
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
    private static final int WARPS = 8;
    private static final int PIXELS = 16;
    private static final long ENOUGH_BLOCKS = 396;

    private static final String SOURCE = """
            #define THREADS 256
            #define STAGING (TILES_N * 4 + 4)
            #define PATCH_WORDS (CHANNELS * PATCH_H * PITCH / 2)
            #define WEIGHT_WORDS (STEPS * TILES_N * 64)
            #define GROUP(G) ((G) < GROUPS ? ((G) / KERNEL_H * PATCH_H + (G) % KERNEL_H) * (PITCH / 2) : 0)
            __device__ __forceinline__ float finish(float v) { FUNCTION return v; }
            __device__ __forceinline__ u32 both(float lo, float hi) {
                return (u32) from_float<TYPE>(hi).bits << 16 | from_float<TYPE>(lo).bits;
            }
            struct __align__(sizeof(FROM) * 2) two { FROM lo, hi; };

            extern "C" __global__ void __launch_bounds__(THREADS, 2) stem(const FROM* __restrict__ x, const TYPE* __restrict__ w,
                    const float* __restrict__ bias, TYPE* y) {
                extern __shared__ __align__(16) u32 memory[];
                u32* const weights = memory + (PATCH_WORDS + 3) / 4 * 4;
                const int thread = threadIdx.x, lane = thread % 32, warp = thread / 32, g = lane / 4, l = lane % 4;
                u32* const staging = weights + WEIGHT_WORDS + warp * 16 * STAGING;
                const int picture = blockIdx.x / DOWN, row0 = blockIdx.x % DOWN * TILE_H;
                for (int i = thread; i < WEIGHT_WORDS; i += THREADS) {
                    const int at = i / 2 % 32, tile = i / 64 % TILES_N, step = i / (64 * TILES_N);
                    weights[i] = *(const u32*) (w + (tile * 8 + at / 4) * (STEPS * 16) + step * 16 + i % 2 * 8 + at % 4 * 2);
                }
                x += (long long) picture * (CHANNELS * IN_H * IN_W);
                #if INTERLEAVED
                #pragma unroll 4
                for (int i = thread; i < PATCH_H * (PITCH / 2); i += THREADS) {
                    const int column = i % (PITCH / 2) * 2 - FRONT, row = row0 * 2 - PAD_H + i / (PITCH / 2);
                    float pixels[2 * CHANNELS];
                    #pragma unroll
                    for (int k = 0; k < 2 * CHANNELS; k++) pixels[k] = 0;
                    if (row >= 0 && row < IN_H) {
                        const FROM* const at = x + (row * IN_W + column) * CHANNELS;
                        #if IN_W % 2 == 0
                        if (column >= 0 && column < IN_W) {
                            #pragma unroll
                            for (int k = 0; k < CHANNELS; k++) {
                                const two both = ((const two*) at)[k];
                                pixels[2 * k] = normalized(to_float(both.lo), 2 * k % CHANNELS);
                                pixels[2 * k + 1] = normalized(to_float(both.hi), (2 * k + 1) % CHANNELS);
                            }
                        }
                        #else
                        #pragma unroll
                        for (int k = 0; k < 2 * CHANNELS; k++)
                            if (column + k / CHANNELS >= 0 && column + k / CHANNELS < IN_W)
                                pixels[k] = normalized(to_float(at[k]), k % CHANNELS);
                        #endif
                    }
                    #pragma unroll
                    for (int c = 0; c < CHANNELS; c++)
                        memory[c * (PATCH_H * PITCH / 2) + i] = both(pixels[c], pixels[CHANNELS + c]);
                }
                #else
                #pragma unroll 8
                for (int i = thread; i < PATCH_WORDS; i += THREADS) {
                    const int line = i / (PITCH / 2), column = i % (PITCH / 2) * 2 - FRONT;
                    const int row = row0 * 2 - PAD_H + line % PATCH_H, channel = line / PATCH_H;
                    float lo = 0, hi = 0;
                    if (row >= 0 && row < IN_H) {
                        const FROM* const at = x + (channel * IN_H + row) * IN_W + column;
                        #if IN_W % 2 == 0
                        if (column >= 0 && column < IN_W) {
                            const two both = *(const two*) at;
                            lo = normalized(to_float(both.lo), channel);
                            hi = normalized(to_float(both.hi), channel);
                        }
                        #else
                        if (column >= 0 && column < IN_W) lo = normalized(to_float(at[0]), channel);
                        if (column + 1 >= 0 && column + 1 < IN_W) hi = normalized(to_float(at[1]), channel);
                        #endif
                    }
                    memory[i] = both(lo, hi);
                }
                #endif
                __syncthreads();
                #pragma unroll 1
                for (int tile = warp * 2; tile < TILE_H * ACROSS; tile += 16) {
                    const u32* pixels[2];
                    #pragma unroll
                    for (int m = 0; m < 2; m++) {
                        const int here = tile + m < TILE_H * ACROSS ? tile + m : tile;
                        pixels[m] = memory + here / ACROSS * PITCH + here % ACROSS * 16 + g + (WIDE ? l : l % 2);
                    }
                    float sums[2][TILES_N][4];
                    #pragma unroll
                    for (int m = 0; m < 2; m++)
                        #pragma unroll
                        for (int n = 0; n < TILES_N; n++)
                            #pragma unroll
                            for (int k = 0; k < 4; k++) sums[m][n][k] = 0;
                    #pragma unroll
                    for (int step = 0; step < STEPS; step++) {
                        const int lo = WIDE ? GROUP(step * 2) : l < 2 ? GROUP(step * 4) : GROUP(step * 4 + 1);
                        const int hi = WIDE ? GROUP(step * 2 + 1) : l < 2 ? GROUP(step * 4 + 2) : GROUP(step * 4 + 3);
                        u32 a[2][4];
                        #pragma unroll
                        for (int m = 0; m < 2; m++) {
                            a[m][0] = pixels[m][lo];
                            a[m][1] = pixels[m][lo + 8];
                            a[m][2] = pixels[m][hi];
                            a[m][3] = pixels[m][hi + 8];
                        }
                        #pragma unroll
                        for (int n = 0; n < TILES_N; n++) {
                            struct __align__(8) { u32 v[2]; } b = *(decltype(b)*) (weights + ((step * TILES_N + n) * 32 + lane) * 2);
                            multiply(sums[0][n], a[0], b.v);
                            multiply(sums[1][n], a[1], b.v);
                        }
                    }
                    #pragma unroll
                    for (int m = 0; m < 2; m++) {
                        const int row = row0 + (tile + m) / ACROSS, column = (tile + m) % ACROSS * 16;
                        #pragma unroll
                        for (int n = 0; n < TILES_N; n++) {
                            float bias0 = 0, bias1 = 0;
                            if (bias) { bias0 = bias[n * 8 + l * 2]; bias1 = bias[n * 8 + l * 2 + 1]; }
                            staging[g * STAGING + n * 4 + l] = both(finish(sums[m][n][0] + bias0), finish(sums[m][n][1] + bias1));
                            staging[(g + 8) * STAGING + n * 4 + l] = both(finish(sums[m][n][2] + bias0), finish(sums[m][n][3] + bias1));
                        }
                        __syncwarp();
                        if (tile + m < TILE_H * ACROSS && row < OUT_H) {
                            TYPE* const to = y + (((long long) picture * OUT_H + row) * OUT_W + column) * ROW_Y;
                            #pragma unroll
                            for (int i = lane; i < 16 * TILES_N; i += 32) {
                                if (column + i / TILES_N < OUT_W)
                                    *(vector*) (to + i / TILES_N * ROW_Y + i % TILES_N * 8)
                                        = *(const vector*) (staging + i / TILES_N * STAGING + i % TILES_N * 4);
                            }
                        }
                        __syncwarp();
                    }
                }
            }
            """;

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
        long patch = Sizes.roundUp(image(1) * patchRows() * pitch() / 2, 4);
        return Math.toIntExact(4 * (patch + steps() * result[1] / 8 * 64 + WARPS * PIXELS * (result[1] / 2 + 4)));
    }

    /** Weights of one output channel: for each input channel and row of the window its padded row; zeros up to a whole step. */
    WeightForm weights() {
        List<Long> starts = new ArrayList<>();
        for (long k = 0; k < steps() * 16; k++) {
            long group = k / taps();
            long column = k % taps() - (shifted() ? 1 : 0);
            starts.add(group < image(1) * kernelH && column >= 0 && column < kernelW ? group * kernelW + column : -1);
        }
        return new WeightForm(type, List.of(WeightForm.Axis.of(result[1], result[1], image(1) * kernelH * kernelW),
                new WeightForm.Axis(starts)));
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
            {"PITCH", pitch()}, {"PATCH_H", patchRows()}, {"ROW_Y", rowOfY}, {"FUNCTION", function}};
        StringBuilder text = new StringBuilder(DeviceTypes.PRELUDE).append(normalization.source())
                .append(TileProduct.operand(type));
        for (Object[] define : defines) {
            text.append(InputPacking.define((String) define[0], define[1]));
        }
        return text.append(TileProduct.PRIMITIVES).append(SOURCE).toString();
    }

    /** @param bias device address of fp32 values, or 0 where there is none */
    Launch bind(CudaFunction compiled, CudaStream stream, long x, long w, long bias, long y) {
        int blocks = Math.toIntExact(result[0] * Sizes.ceilDiv(result[2], rows()));
        return compiled.bind(stream, new int[] {blocks}, new int[] {THREADS}, sharedBytes(),
                new KernelArguments().pointer(x).pointer(w).pointer(bias).pointer(y));
    }
}
