package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Launch;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.cuda.DeviceTypes;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.backend.cuda.driver.KernelArguments;
import io.firesteel.tensor.DataType;

/**
 * A convolution, or a product of a matrix with weights, that is too small to keep a device busy with one block of threads a tile: the
 * blocks of a cluster share the inner axis of a tile, and each adds up a part of the tile from the shared memory of all, in their order.
 *
 * @param type fp16 or bf16, of the weights and of what is multiplied
 * @param from element type of the image in memory, {@code type} or fp32
 * @param to element type of the result in memory, {@code type} or fp32
 * @param image the image and how the window moves over it
 * @param columns output channels
 * @param rowOfY elements from one pixel of the result to the next
 * @param rowOfResidual elements from one pixel of the residual to the next, or 0 where there is none
 * @param tile the tile of a cluster
 * @param function the epilogue as device code: statements that change {@code v}, the sum with the bias; {@code r} is the residual
 */
record SplitProduct(DataType type, DataType from, DataType to, Image image, long columns, long rowOfY, long rowOfResidual, Tile tile,
        String function) {

    static final int DEPTH = 64;

    private static final int THREADS = 128;
    private static final int STAGES = 4;
    private static final int PADDING = 8;

    /**
     * An image, channels innermost; strides in elements.
     *
     * @param pixels of the result, of all images
     * @param channels a multiple of {@link #DEPTH}
     */
    record Image(long pixels, long outHeight, long outWidth, long height, long width, long channels, long strideN, long strideH, long strideW,
            long kernelH, long kernelW, Window window) {

        /** A matrix as an image of one pixel a row. */
        static Image matrix(long rows, long inner) {
            return new Image(rows, 1, 1, 1, 1, inner, inner, inner, inner, 1, 1, Window.ONE);
        }

        long steps() {
            return kernelH * kernelW * channels / DEPTH;
        }
    }

    /**
     * What a cluster computes.
     *
     * @param rows pixels
     * @param columns channels
     * @param split blocks of a cluster
     */
    record Tile(int rows, int columns, int split) {

        String name() {
            return "split:" + rows + "x" + columns + "x" + split;
        }

        long count(long pixels, long channels) {
            return Sizes.ceilDiv(pixels, rows) * Sizes.ceilDiv(channels, columns);
        }
    }

    private static final String SOURCE = """
            #define DEPTH 64
            #define THREADS 128
            #define PITCH (TILE_N + 8)
            #define CHUNKS (TILE_M * TILE_N / 8 / SPLIT)
            #define EACH ((CHUNKS + THREADS - 1) / THREADS)
            __device__ __forceinline__ float finish(float v, float r) { FUNCTION return v; }
            struct __align__(16) quad { float v[4]; };
            struct __align__(8) pair { float v[2]; };
            struct __align__(16) eight { TYPE v[8]; };
            __device__ __forceinline__ void meet() {
                #if SPLIT > 1
                asm volatile("barrier.cluster.arrive.aligned;\\nbarrier.cluster.wait.aligned;" ::: "memory");
                #else
                __syncthreads();
                #endif
            }
            __device__ __forceinline__ quad part(u32 address, int block) {
                quad q;
                #if SPLIT > 1
                u32 there;
                asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(there) : "r"(address), "r"(block));
                asm volatile("ld.shared::cluster.v4.f32 {%0,%1,%2,%3}, [%4];"
                    : "=f"(q.v[0]), "=f"(q.v[1]), "=f"(q.v[2]), "=f"(q.v[3]) : "r"(there) : "memory");
                #else
                asm volatile("ld.shared.v4.f32 {%0,%1,%2,%3}, [%4];"
                    : "=f"(q.v[0]), "=f"(q.v[1]), "=f"(q.v[2]), "=f"(q.v[3]) : "r"(address) : "memory");
                #endif
                return q;
            }

            extern "C" __global__ void CLUSTER __launch_bounds__(THREADS) product(const FROM* x, const TYPE* __restrict__ w,
                    const float* __restrict__ bias, const TYPE* residual, RESULT* y) {
                extern __shared__ __align__(128) unsigned char memory[];
                const u32 xs = (u32) __cvta_generic_to_shared(memory), ws = xs + STAGES * TILE_M * 128;
                const int thread = threadIdx.x, lane = thread % 32, warp = thread / 32, chunk = thread % 8;
                const int tile = blockIdx.x / SPLIT, rank = blockIdx.x % SPLIT;
                const int row0 = tile / TILES_N * TILE_M, column0 = tile % TILES_N * TILE_N;
                const int first = rank * STEPS / SPLIT, steps = (rank + 1) * STEPS / SPLIT - first;
                const FROM* images[TILE_M / 16];
                int top[TILE_M / 16], left[TILE_M / 16];
                #pragma unroll
                for (int i = 0; i < TILE_M / 16; i++) {
                    const int row = row0 + thread / 8 + i * 16, pixel = row < PIXELS ? row : 0;
                    images[i] = x + pixel / (OUT_H * OUT_W) * STRIDE_N + chunk * 8;
                    top[i] = row < PIXELS ? pixel / OUT_W % OUT_H * STEP_H - PAD_H : -0x100000;
                    left[i] = pixel % OUT_W * STEP_W - PAD_W;
                }
                auto fetch = [&](int step, int stage) {
                    const int tap = step / (CHANNELS / DEPTH), channel = step % (CHANNELS / DEPTH) * DEPTH;
                    const int down = tap / KERNEL_W * DILATION_H, across = tap % KERNEL_W * DILATION_W;
                    #pragma unroll
                    for (int i = 0; i < TILE_M / 16; i++) {
                        const int h = top[i] + down, v = left[i] + across;
                        const bool inside = h >= 0 && h < IN_H && v >= 0 && v < IN_W;
                        const FROM* from = images[i] + (inside ? h * STRIDE_H + v * STRIDE_W + channel : 0);
                        const u32 to = place(xs + stage * TILE_M * 128, thread / 8 + i * 16, chunk);
                        #if FROM_FLOAT
                        float values[8];
                        #pragma unroll
                        for (int k = 0; k < 8; k += 4) *(quad*) (values + k) = *(const quad*) (from + k);
                        u32 packed[4];
                        #pragma unroll
                        for (int k = 0; k < 4; k++)
                            packed[k] = inside ? (u32) from_float<TYPE>(values[2 * k + 1]).bits << 16 | from_float<TYPE>(values[2 * k]).bits : 0;
                        asm volatile("st.shared.v4.b32 [%0], {%1,%2,%3,%4};"
                            :: "r"(to), "r"(packed[0]), "r"(packed[1]), "r"(packed[2]), "r"(packed[3]) : "memory");
                        #else
                        load16(to, from, inside);
                        #endif
                    }
                };
                auto weights = [&](int step, int stage) {
                    #pragma unroll
                    for (int i = 0; i < TILE_N / 16; i++) {
                        const int row = thread / 8 + i * 16;
                        load16(place(ws + stage * TILE_N * 128, row, chunk),
                            w + (long long) (column0 + row) * (STEPS * DEPTH) + step * DEPTH + chunk * 8, true);
                    }
                };
                // The weights come while the kernel before this one still makes the image.
                asm volatile("griddepcontrol.launch_dependents;");
                #pragma unroll
                for (int s = 0; s < STAGES; s++)
                    if (s < steps) weights(first + s, s);
                asm volatile("griddepcontrol.wait;" ::: "memory");
                #pragma unroll
                for (int s = 0; s < STAGES; s++) {
                    if (s < steps) fetch(first + s, s);
                    commit();
                }
                const int warpRow = warp % 2 * (TILE_M / 2), warpColumn = warp / 2 * (TILE_N / 2);
                float sums[TILE_M / 32][TILE_N / 16][4];
                #pragma unroll
                for (int i = 0; i < TILE_M / 32; i++)
                    #pragma unroll
                    for (int j = 0; j < TILE_N / 16; j++)
                        #pragma unroll
                        for (int k = 0; k < 4; k++) sums[i][j][k] = 0;
                #pragma unroll 1
                for (int step = 0; step < steps; step++) {
                    const int stage = step % STAGES;
                    await<STAGES - 1>();
                    __syncthreads();
                    const u32 xt = xs + stage * TILE_M * 128, wt = ws + stage * TILE_N * 128;
                    #pragma unroll
                    for (int k = 0; k < DEPTH / 16; k++) {
                        u32 a[TILE_M / 32][4], b[TILE_N / 32][4];
                        #pragma unroll
                        for (int i = 0; i < TILE_M / 32; i++) fragments(a[i], place(xt, warpRow + i * 16 + lane % 16, k * 2 + lane / 16));
                        #pragma unroll
                        for (int j = 0; j < TILE_N / 32; j++)
                            fragments(b[j], place(wt, warpColumn + j * 16 + lane % 8 + lane / 16 * 8, k * 2 + lane / 8 % 2));
                        #pragma unroll
                        for (int i = 0; i < TILE_M / 32; i++)
                            #pragma unroll
                            for (int j = 0; j < TILE_N / 16; j++) multiply(sums[i][j], a[i], b[j / 2] + j % 2 * 2);
                    }
                    __syncthreads();
                    if (step + STAGES < steps) {
                        fetch(first + step + STAGES, stage);
                        weights(first + step + STAGES, stage);
                    }
                    commit();
                }
                await<0>();
                __syncthreads();
                #pragma unroll
                for (int i = 0; i < TILE_M / 32; i++)
                    #pragma unroll
                    for (int j = 0; j < TILE_N / 16; j++)
                        #pragma unroll
                        for (int half = 0; half < 2; half++) {
                            pair p;
                            p.v[0] = sums[i][j][half * 2];
                            p.v[1] = sums[i][j][half * 2 + 1];
                            *(pair*) ((float*) memory + (warpRow + i * 16 + half * 8 + lane / 4) * PITCH + warpColumn + j * 8 + lane % 4 * 2) = p;
                        }
                #if ROW_R > 0
                eight added[EACH];
                #pragma unroll
                for (int e = 0; e < EACH; e++) {
                    const int at = thread + e * THREADS, number = rank * CHUNKS + at;
                    const int row = row0 + number / (TILE_N / 8), column = column0 + number % (TILE_N / 8) * 8;
                    if (at < CHUNKS && row < PIXELS && column < COLUMNS)
                        added[e] = *(const eight*) (residual + (long long) row * ROW_R + column);
                }
                #endif
                meet();
                #pragma unroll
                for (int e = 0; e < EACH; e++) {
                    const int at = thread + e * THREADS, number = rank * CHUNKS + at;
                    const int row = row0 + number / (TILE_N / 8), column = column0 + number % (TILE_N / 8) * 8;
                    if (at >= CHUNKS || row >= PIXELS || column >= COLUMNS) continue;
                    const u32 address = xs + (number / (TILE_N / 8) * PITCH + number % (TILE_N / 8) * 8) * 4;
                    float sum[8];
                    #pragma unroll
                    for (int k = 0; k < 8; k++) sum[k] = 0;
                    #pragma unroll
                    for (int block = 0; block < SPLIT; block++) {
                        const quad lo = part(address, block), hi = part(address + 16, block);
                        #pragma unroll
                        for (int k = 0; k < 4; k++) { sum[k] += lo.v[k]; sum[k + 4] += hi.v[k]; }
                    }
                    struct __align__(sizeof(RESULT) * 8 > 16 ? 16 : sizeof(RESULT) * 8) { RESULT v[8]; } out;
                    #pragma unroll
                    for (int k = 0; k < 8; k++) {
                        float r = 0;
                        #if ROW_R > 0
                        r = to_float(added[e].v[k]);
                        #endif
                        const float b = bias && column + k < COLUMNS ? bias[column + k] : 0.0f;
                        out.v[k] = from_float<RESULT>(finish(sum[k] + b, r));
                    }
                    RESULT* const to = y + (long long) row * ROW_Y + column;
                    #if ROW_Y % 8 == 0
                    *(decltype(out)*) to = out;
                    #else
                    #pragma unroll
                    for (int k = 0; k < 8; k++) if (column + k < COLUMNS) to[k] = out.v[k];
                    #endif
                }
                #if SPLIT > 1
                meet();
                #endif
            }
            """;

    /** Rows that the weights need: whole tiles. */
    long paddedColumns() {
        return Sizes.roundUp(columns, tile.columns);
    }

    private int sharedBytes() {
        return Math.max(STAGES * (tile.rows + tile.columns) * DEPTH * 2, tile.rows * (tile.columns + PADDING) * Float.BYTES);
    }

    CudaFunction compile(CudaContext context) {
        return context.compile("product", source()).function("product");
    }

    String source() {
        StringBuilder text = new StringBuilder(DeviceTypes.PRELUDE).append(TileProduct.operand(type));
        Object[][] defines = {{"TYPE", DeviceTypes.name(type)}, {"FROM", DeviceTypes.name(from)}, {"RESULT", DeviceTypes.name(to)},
            {"FROM_FLOAT", from == type ? 0 : 1}, {"STAGES", STAGES}, {"TILE_M", tile.rows}, {"TILE_N", tile.columns}, {"SPLIT", tile.split},
            {"TILES_N", paddedColumns() / tile.columns}, {"STEPS", image.steps()}, {"PIXELS", image.pixels}, {"COLUMNS", columns},
            {"OUT_H", image.outHeight}, {"OUT_W", image.outWidth}, {"IN_H", image.height}, {"IN_W", image.width},
            {"CHANNELS", image.channels}, {"STRIDE_N", image.strideN + "LL"}, {"STRIDE_H", image.strideH}, {"STRIDE_W", image.strideW},
            {"KERNEL_W", image.kernelW}, {"STEP_H", image.window.strides().get(0)}, {"STEP_W", image.window.strides().get(1)},
            {"PAD_H", image.window.padsBegin().get(0)}, {"PAD_W", image.window.padsBegin().get(1)},
            {"DILATION_H", image.window.dilations().get(0)}, {"DILATION_W", image.window.dilations().get(1)},
            {"ROW_Y", rowOfY}, {"ROW_R", rowOfResidual}, {"FUNCTION", function},
            {"CLUSTER", tile.split > 1 ? "__cluster_dims__(" + tile.split + ", 1, 1)" : ""}};
        for (Object[] define : defines) {
            text.append(InputPacking.define((String) define[0], define[1]));
        }
        return text.append(TileProduct.PRIMITIVES).append(SOURCE).toString();
    }

    /**
     * @param bias device address of fp32 values, or 0 where there is none
     * @param residual device address, or 0 where there is none
     */
    Launch bind(CudaFunction compiled, CudaStream stream, long x, long w, long bias, long residual, long y) {
        int blocks = Math.toIntExact(tile.count(image.pixels, columns) * tile.split);
        return compiled.bind(stream, new int[] {blocks}, new int[] {THREADS}, sharedBytes(),
                new KernelArguments().pointer(x).pointer(w).pointer(bias).pointer(residual).pointer(y));
    }
}
