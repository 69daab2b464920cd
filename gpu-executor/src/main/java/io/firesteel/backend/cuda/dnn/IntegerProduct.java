package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Launch;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.cuda.DeviceTypes;
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
 * @param scaled whether the epilogue's result has a factor other than 1
 * @param function the epilogue as device code: statements that change {@code v}; {@code r} is the residual, {@code p0} to {@code p3}
 *        are parameters
 */
record IntegerProduct(boolean signed, long inner, long columns, Rows image, long rowOfY, DataType residual, long rowOfResidual,
        DataType result, boolean scaled, String function) {

    /** Numbers that the function may name. */
    static final int PARAMETERS = 4;
    /** Columns that a warp makes at once. */
    static final int GROUP = 64;

    private static final int PAIR = 64;
    private static final int THREADS = 256;
    private static final int WARP_ROWS = 16;
    private static final int BLOCK_ROWS = THREADS / 32 * WARP_ROWS;
    private static final int MOST_PAIRS_IN_REGISTERS = 4;
    private static final long MOST_WEIGHT_BYTES = 64 << 10;
    private static final long BLOCKS_WANTED = 1200;
    private static final int MOST_ROWS_OF_A_WARP = 8;
    private static final long EXACT = 1 << 22;

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

        private long taps() {
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

    private static final String SOURCE = """
            #define WARPS (THREADS / 32)
            typedef unsigned int u32;
            typedef unsigned char byte;
            template <int N> struct __align__(N * 4) words { u32 v[N]; };
            typedef words<4> vector;
            __device__ __forceinline__ void multiply(int* c, u32 a0, u32 a1, u32 a2, u32 a3, u32 b0, u32 b1) {
                asm volatile("mma.sync.aligned.m16n8k32.row.col.s32." OPERAND ".s8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                    : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3]) : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
            }
            // 16 bytes of a row, zeros where it or the image has ended
            struct place { const byte* pixel; int y, x; bool inside; };
            __device__ __forceinline__ place locate(const byte* x, int row) {
                place p;
                p.inside = row < ROWS;
                int m = p.inside ? row : 0;
                p.y = m / OUT_WIDTH % OUT_HEIGHT * STRIDE_H - PAD_H;
                p.x = m % OUT_WIDTH * STRIDE_W - PAD_W;
                p.pixel = x + (((long long) (m / (OUT_WIDTH * OUT_HEIGHT)) * HEIGHT + p.y) * WIDTH + p.x) * PITCH;
                return p;
            }
            __device__ __forceinline__ vector load(const place& at, int column) {
                bool inside = at.inside;
                const byte* from = at.pixel + column;
                #if TAPS > 1
                int tap = column / CHANNELS, y = tap / WINDOW_WIDTH, x = tap % WINDOW_WIDTH;
                inside = inside && (unsigned) (at.y + y) < HEIGHT && (unsigned) (at.x + x) < WIDTH;
                from = at.pixel + ((long long) y * WIDTH + x) * PITCH + column % CHANNELS;
                #endif
                vector r;
                #pragma unroll
                for (int i = 0; i < 4 / PIECE_X; i++) {
                    bool valid = inside && column + i * PIECE_X * 4 < INNER;
                    words<PIECE_X> piece;
                    #pragma unroll
                    for (int k = 0; k < PIECE_X; k++) piece.v[k] = 0;
                    if (valid) piece = *(const words<PIECE_X>*) (from + i * PIECE_X * 4);
                    #pragma unroll
                    for (int k = 0; k < PIECE_X; k++) r.v[i * PIECE_X + k] = piece.v[k];
                }
                return r;
            }
            __device__ __forceinline__ vector residual_at(const byte* from, int column, bool inside) {
                vector r;
                #pragma unroll
                for (int i = 0; i < 4 / PIECE_R; i++) {
                    words<PIECE_R> piece;
                    #pragma unroll
                    for (int k = 0; k < PIECE_R; k++) piece.v[k] = 0;
                    if (inside && column + i * PIECE_R * 4 < COLUMNS) piece = *(const words<PIECE_R>*) (from + i * PIECE_R * 4);
                    #pragma unroll
                    for (int k = 0; k < PIECE_R; k++) r.v[i * PIECE_R + k] = piece.v[k];
                }
                return r;
            }
            #if EXACT
            #define START 0x4B400000
            __device__ __forceinline__ float real(int sum) { return __int_as_float(sum) - 12582912.0f; }
            #else
            #define START 0
            __device__ __forceinline__ float real(int sum) { return (float) sum; }
            #endif
            // byte k as a float: its bits behind the exponent of 2^23; the zero point is taken away together with that
            __device__ __forceinline__ float residual_byte(u32 word, int k, float zero) {
                return __uint_as_float(__byte_perm(SIGNED_R ? word ^ 0x80808080u : word, 0x4B000000u, 0x7440 + k)) - zero;
            }
            __device__ __forceinline__ float finish(float v, float r, float p0, float p1, float p2, float p3) { FUNCTION return v; }
            __device__ __forceinline__ u32 rounded_byte(float v, float zero) {
                return __float_as_uint(fminf(fmaxf(v, LOWEST - zero), HIGHEST - zero) + (12582912.0f + zero));
            }

            #ifdef __CUDA_ARCH_FEAT_SM90_ALL
            // holds the compiler from using sums before they are waited for
            __device__ __forceinline__ void keep(int (*c)[4]) {
                #pragma unroll
                for (int j = 0; j < 8; j++)
                    #pragma unroll
                    for (int k = 0; k < 4; k++) asm volatile("" : "+r"(c[j][k]) :: "memory");
            }
            // 64 rows, of which a warp has 16, times 64 columns, 32 summands: weights from shared memory, in blocks of 8 columns x 16 bytes
            __device__ __forceinline__ void multiply_group(int (*c)[4], u32 a0, u32 a1, u32 a2, u32 a3, unsigned long long weights) {
                asm volatile("{ .reg .pred p; setp.eq.u32 p, 0, 0; "
                    "wgmma.mma_async.sync.aligned.m64n64k32.s32." OPERAND ".s8 {%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,"
                    "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31}, {%32,%33,%34,%35}, %36, p; }"
                    : "+r"(c[0][0]), "+r"(c[0][1]), "+r"(c[0][2]), "+r"(c[0][3]), "+r"(c[1][0]), "+r"(c[1][1]), "+r"(c[1][2]), "+r"(c[1][3]),
                      "+r"(c[2][0]), "+r"(c[2][1]), "+r"(c[2][2]), "+r"(c[2][3]), "+r"(c[3][0]), "+r"(c[3][1]), "+r"(c[3][2]), "+r"(c[3][3]),
                      "+r"(c[4][0]), "+r"(c[4][1]), "+r"(c[4][2]), "+r"(c[4][3]), "+r"(c[5][0]), "+r"(c[5][1]), "+r"(c[5][2]), "+r"(c[5][3]),
                      "+r"(c[6][0]), "+r"(c[6][1]), "+r"(c[6][2]), "+r"(c[6][3]), "+r"(c[7][0]), "+r"(c[7][1]), "+r"(c[7][2]), "+r"(c[7][3])
                    : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "l"(weights));
            }
            #endif

            extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) product(const byte* __restrict__ x, const vector* __restrict__ w,
                    const float* __restrict__ scales, const float* __restrict__ biases, const byte* residual, TYPE_Y* y, float factor,
                    float residualZero, float resultFactor, float resultZero, float p0, float p1, float p2, float p3) {
                extern __shared__ vector memory[];
                words<4>* numbers = memory + GROUPS * PAIRS * 256;
                int lane = threadIdx.x % 32, warp = threadIdx.x / 32, g = lane / 4, t = lane % 4;
                int group0 = blockIdx.x % TILES * GROUPS;
                for (int i = threadIdx.x; i < GROUPS * PAIRS * 256; i += THREADS) {
                    int r = i / (PAIRS * 4), c = i % (PAIRS * 4);
                    vector v = w[((long long) group0 * 64 + r) * (PAIRS * 4) + c];
                    #ifdef __CUDA_ARCH_FEAT_SM90_ALL
                    memory[r / 64 * PAIRS * 256 + c * 64 + r % 64] = v;
                    #else
                    #pragma unroll
                    for (int k = 0; k < 4; k++)
                        memory[((r / 64 * PAIRS + c / 4) * 8 + r / 8 % 8) * 32 + r % 8 * 4 + k].v[c % 4] = v.v[k];
                    #endif
                }
                for (int i = threadIdx.x; i < GROUPS * 32; i += THREADS) {
                    int column = group0 * 64 + i / 32 * 64 + i % 4 * 16 + i / 4 % 8 * 2;
                    vector n;
                    n.v[0] = __float_as_uint(scales[column]); n.v[1] = __float_as_uint(biases[column]);
                    n.v[2] = __float_as_uint(scales[column + 1]); n.v[3] = __float_as_uint(biases[column + 1]);
                    numbers[i] = n;
                }
                #ifdef __CUDA_ARCH_FEAT_SM90_ALL
                asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
                // columns 8 apart are 128 bytes apart, summands 16 apart 1024
                unsigned long long weights = ((u32) __cvta_generic_to_shared(memory) & 0x3FFFF) >> 4 | 64ull << 16 | 8ull << 32;
                #endif
                __syncthreads();
                #pragma unroll 1
                for (int b = 0; b < PER_WARP; b++) {
                    int row = ((blockIdx.x / TILES * PER_WARP + b) * WARPS + warp) * 16 + g;
                    if (row - warp * 16 - g >= ROWS) return;
                    place at0 = locate(x, row), at1 = locate(x, row + 8);
                    bool in0 = at0.inside, in1 = at1.inside;
                    #if PRELOAD
                    vector a[PAIRS][2];
                    #pragma unroll
                    for (int p = 0; p < PAIRS; p++) {
                        a[p][0] = load(at0, p * 64 + t * 16);
                        a[p][1] = load(at1, p * 64 + t * 16);
                    }
                    #endif
                    #if ROW_R > 0
                    const byte* from0 = residual + (long long) row * ROW_R + group0 * 64 + t * 16;
                    const byte* from1 = from0 + 8LL * ROW_R;
                    vector next0 = residual_at(from0, group0 * 64 + t * 16, in0), next1 = residual_at(from1, group0 * 64 + t * 16, in1);
                    #endif
                    #pragma unroll 1
                    for (int group = 0; group < GROUPS; group++) {
                        int column = (group0 + group) * 64 + t * 16;
                        #if ROW_R > 0
                        vector r0 = next0, r1 = next1;
                        if (group + 1 < GROUPS) {
                            next0 = residual_at(from0 + (group + 1) * 64, column + 64, in0);
                            next1 = residual_at(from1 + (group + 1) * 64, column + 64, in1);
                        }
                        #endif
                        int sums[8][4];
                        #pragma unroll
                        for (int j = 0; j < 8; j++)
                            #pragma unroll
                            for (int k = 0; k < 4; k++) sums[j][k] = START;
                        #pragma unroll 1
                        for (int first = 0; first < PAIRS; first += STEP) {
                            #if !PRELOAD
                            vector a[STEP][2];
                            #pragma unroll
                            for (int p = 0; p < STEP; p++) {
                                a[p][0] = load(at0, (first + p) * 64 + t * 16);
                                a[p][1] = load(at1, (first + p) * 64 + t * 16);
                            }
                            #endif
                            #ifdef __CUDA_ARCH_FEAT_SM90_ALL
                            keep(sums);
                            asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
                            #endif
                            #pragma unroll
                            for (int p = 0; p < STEP; p++) {
                                vector a0 = a[p][0], a1 = a[p][1];
                                #ifdef __CUDA_ARCH_FEAT_SM90_ALL
                                unsigned long long from = weights + ((group * PAIRS + first + p) * 256);
                                if (first + p < PAIRS) {
                                    multiply_group(sums, a0.v[0], a1.v[0], a0.v[1], a1.v[1], from);
                                    multiply_group(sums, a0.v[2], a1.v[2], a0.v[3], a1.v[3], from + 128);
                                }
                                #else
                                #pragma unroll
                                for (int j = 0; j < 8; j++) {
                                    if (first + p >= PAIRS) continue;
                                    vector f = memory[((group * PAIRS + first + p) * 8 + j) * 32 + lane];
                                    multiply(sums[j], a0.v[0], a1.v[0], a0.v[1], a1.v[1], f.v[0], f.v[1]);
                                    multiply(sums[j], a0.v[2], a1.v[2], a0.v[3], a1.v[3], f.v[2], f.v[3]);
                                }
                                #endif
                            }
                            #ifdef __CUDA_ARCH_FEAT_SM90_ALL
                            asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
                            asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
                            keep(sums);
                            #endif
                        }
                        u32 out[2][4 * sizeof(TYPE_Y)];
                        #pragma unroll
                        for (int j = 0; j < 8; j++) {
                            vector n = numbers[group * 32 + j * 4 + t];
                            #pragma unroll
                            for (int half = 0; half < 2; half++) {
                                float v0 = real(sums[j][half * 2]) * __uint_as_float(n.v[0]) + __uint_as_float(n.v[1]);
                                float v1 = real(sums[j][half * 2 + 1]) * __uint_as_float(n.v[2]) + __uint_as_float(n.v[3]);
                                float s0 = 0, s1 = 0;
                                #if ROW_R > 0
                                u32 word = half ? r1.v[j / 2] : r0.v[j / 2];
                                s0 = residual_byte(word, j % 2 * 2, residualZero) * factor;
                                s1 = residual_byte(word, j % 2 * 2 + 1, residualZero) * factor;
                                #endif
                                v0 = finish(v0, s0, p0, p1, p2, p3);
                                v1 = finish(v1, s1, p0, p1, p2, p3);
                                #if SCALED
                                v0 *= resultFactor; v1 *= resultFactor;
                                #endif
                                #if BYTES
                                u32 pair = __byte_perm(rounded_byte(v0, resultZero), rounded_byte(v1, resultZero), 0x0040);
                                if (j % 2 == 0) out[half][j / 2] = pair; else out[half][j / 2] = __byte_perm(out[half][j / 2], pair, 0x5410);
                                #else
                                struct __align__(sizeof(TYPE_Y) * 2) { TYPE_Y lo, hi; } pair = { from_float<TYPE_Y>(v0), from_float<TYPE_Y>(v1) };
                                words<sizeof(TYPE_Y) / 2> bits = *(words<sizeof(TYPE_Y) / 2>*) &pair;
                                #pragma unroll
                                for (int k = 0; k < sizeof(TYPE_Y) / 2; k++) out[half][j * (sizeof(TYPE_Y) / 2) + k] = bits.v[k];
                                #endif
                            }
                        }
                        #pragma unroll
                        for (int half = 0; half < 2; half++) {
                            TYPE_Y* to = y + (long long) (row + half * 8) * ROW_Y + column;
                            #pragma unroll
                            for (int i = 0; i < 4 * sizeof(TYPE_Y) / PIECE_Y; i++) {
                                words<PIECE_Y> piece;
                                #pragma unroll
                                for (int k = 0; k < PIECE_Y; k++) piece.v[k] = out[half][i * PIECE_Y + k];
                                int first = i * PIECE_Y * 4 / (int) sizeof(TYPE_Y);
                                if ((half ? in1 : in0) && column + first < COLUMNS) *(words<PIECE_Y>*) (to + first) = piece;
                            }
                        }
                    }
                }
            }
            """;

    private long pairs() {
        return Sizes.ceilDiv(inner, PAIR);
    }

    /** Columns of w with the zeros after them. */
    private long paddedInner() {
        return pairs() * PAIR;
    }

    private long groups() {
        return Math.max(1, Math.min(Sizes.ceilDiv(columns, GROUP), MOST_WEIGHT_BYTES / (GROUP * paddedInner())));
    }

    private long tiles() {
        return Sizes.ceilDiv(columns, GROUP * groups());
    }

    /** Rows of w with the zeros after them, and how many scales and biases there are. */
    int paddedColumns() {
        return Math.toIntExact(tiles() * groups() * GROUP);
    }

    int sharedBytes() {
        return Math.toIntExact(groups() * (paddedInner() * GROUP + GROUP * 2L * Float.BYTES));
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
            long column = i / GROUP * GROUP + i % 8 / 2 * 16 + i / 8 % 8 * 2 + i % 2;
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
        long words = 4;
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

    String text() {
        boolean bytes = isByte(result);
        long width = result.bytes();
        return DeviceTypes.PRELUDE + InputPacking.define("THREADS", THREADS) + InputPacking.define("BLOCKS", pairs() <= 2 ? 3 : 2)
                + InputPacking.define("OPERAND", signed ? "\"s8\"" : "\"u8\"") + InputPacking.define("INNER", inner)
                + InputPacking.define("PAIRS", pairs()) + InputPacking.define("PRELOAD", pairs() <= MOST_PAIRS_IN_REGISTERS ? 1 : 0)
                + InputPacking.define("COLUMNS", columns) + InputPacking.define("GROUPS", groups())
                + InputPacking.define("TILES", tiles()) + InputPacking.define("PER_WARP", rowsOfAWarp())
                + image.defines(inner) + InputPacking.define("PIECE_X", image.taps() > 1 ? 4 : piece(inner, image.pitch))
                + InputPacking.define("STEP", pairs() <= MOST_PAIRS_IN_REGISTERS ? pairs() : MOST_PAIRS_IN_REGISTERS) + InputPacking.define("ROW_Y", rowOfY)
                + InputPacking.define("PIECE_Y", piece(columns * width, rowOfY * width))
                + InputPacking.define("ROW_R", residual == null ? 0 : rowOfResidual)
                + InputPacking.define("PIECE_R", residual == null ? 4 : piece(columns, rowOfResidual))
                + InputPacking.define("SIGNED_R", residual == DataType.INT8 ? 1 : 0)
                + InputPacking.define("EXACT", inner * (signed ? 128 : 255) * 128 < EXACT ? 1 : 0)
                + InputPacking.define("BYTES", bytes ? 1 : 0) + InputPacking.define("SCALED", scaled ? 1 : 0)
                + InputPacking.define("TYPE_Y", DeviceTypes.name(result))
                + InputPacking.define("LOWEST", result == DataType.INT8 ? "-128.0f" : "0.0f")
                + InputPacking.define("HIGHEST", result == DataType.INT8 ? "127.0f" : "255.0f")
                + InputPacking.define("FUNCTION", function) + SOURCE;
    }

    /**
     * @param addresses of x, weights, scales, biases, residual or 0, y
     * @param numbers factor and zero point of the residual, factor and zero point of the result, the function's parameters
     */
    Launch bind(CudaFunction compiled, CudaStream stream, long[] addresses, float[] numbers) {
        int blocks = Math.toIntExact(Sizes.ceilDiv(image.count, BLOCK_ROWS * rowsOfAWarp()) * tiles());
        KernelArguments arguments = new KernelArguments();
        for (long address : addresses) {
            arguments.pointer(address);
        }
        float hidden = residual == DataType.INT8 ? 8388736f : 8388608f;
        arguments.float32(numbers[0]).float32(hidden + numbers[1]);
        for (int i = 2; i < 4 + PARAMETERS; i++) {
            arguments.float32(i < numbers.length ? numbers[i] : 0);
        }
        return compiled.bind(stream, new int[] {blocks}, new int[] {THREADS}, sharedBytes(), arguments);
    }
}
