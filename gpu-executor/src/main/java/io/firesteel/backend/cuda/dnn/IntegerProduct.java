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
 * A product of rows of bytes with constant weights on tensor cores, for layers whose time is memory traffic:
 * {@code y = round(f(x w^T * scale + bias, (residual - zero) * factor))}. Weights stay in shared memory; a warp makes 16 rows, whose
 * bytes go from memory to registers in the order in which the tensor cores take them, and every thread makes 16 neighbouring columns.
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
     * Where the rows of x are: every pixel of an image, or some where strides skip others.
     *
     * @param count rows
     * @param pitch elements from one pixel to the next
     * @param sizes rows and columns of the image, then of the result
     * @param strides along rows and columns
     */
    record Rows(long count, long pitch, List<Long> sizes, List<Long> strides) {

        /** Rows one after the other. */
        static Rows every(long count, long pitch) {
            return new Rows(count, pitch, List.of(1L, 1L, 1L, 1L), List.of(1L, 1L));
        }

        private String at() {
            if (strides.equals(List.of(1L, 1L))) {
                return "((long long) (m) * " + pitch + ")";
            }
            long height = sizes.get(0);
            long width = sizes.get(1);
            return "((((long long) (m) / " + sizes.get(2) * sizes.get(3) + " * " + height + " + (m) / " + sizes.get(3) + " % "
                    + sizes.get(2) + " * " + strides.get(0) + ") * " + width + " + (m) % " + sizes.get(3) + " * " + strides.get(1)
                    + ") * " + pitch + ")";
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
            // 16 bytes of a row, zeros where it has ended
            __device__ __forceinline__ vector load(const byte* from, int column, bool inside) {
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

            extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) product(const byte* __restrict__ x, const vector* __restrict__ w,
                    const float* __restrict__ scales, const float* __restrict__ biases, const byte* residual, TYPE_Y* y, float factor,
                    float residualZero, float resultFactor, float resultZero, float p0, float p1, float p2, float p3) {
                extern __shared__ vector memory[];
                words<4>* numbers = memory + GROUPS * PAIRS * 256;
                int lane = threadIdx.x % 32, warp = threadIdx.x / 32, g = lane / 4, t = lane % 4;
                int group0 = blockIdx.x % TILES * GROUPS;
                for (int i = threadIdx.x; i < GROUPS * PAIRS * 256; i += THREADS) {
                    int r = i / (PAIRS * 4), c = i % (PAIRS * 4);
                    memory[((r / 64 * PAIRS + c / 4) * 8 + r / 8 % 8) * 32 + r % 8 * 4 + c % 4]
                        = w[((long long) group0 * 64 + r) * (PAIRS * 4) + c];
                }
                for (int i = threadIdx.x; i < GROUPS * 32; i += THREADS) {
                    int column = group0 * 64 + i / 32 * 64 + i % 4 * 16 + i / 4 % 8 * 2;
                    vector n;
                    n.v[0] = __float_as_uint(scales[column]); n.v[1] = __float_as_uint(biases[column]);
                    n.v[2] = __float_as_uint(scales[column + 1]); n.v[3] = __float_as_uint(biases[column + 1]);
                    numbers[i] = n;
                }
                __syncthreads();
                #pragma unroll 1
                for (int b = 0; b < PER_WARP; b++) {
                    int row = ((blockIdx.x / TILES * PER_WARP + b) * WARPS + warp) * 16 + g;
                    if (row - g >= ROWS) return;
                    bool in0 = row < ROWS, in1 = row + 8 < ROWS;
                    const byte* x0 = x + X_AT((in0 ? row : 0)) + t * 16;
                    const byte* x1 = x + X_AT((in1 ? row + 8 : 0)) + t * 16;
                    #if PRELOAD
                    vector a[PAIRS][2];
                    #pragma unroll
                    for (int p = 0; p < PAIRS; p++) {
                        a[p][0] = load(x0 + p * 64, p * 64 + t * 16, in0);
                        a[p][1] = load(x1 + p * 64, p * 64 + t * 16, in1);
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
                        #if PRELOAD
                        #pragma unroll
                        #else
                        #pragma unroll 2
                        #endif
                        for (int p = 0; p < PAIRS; p++) {
                            #if PRELOAD
                            vector a0 = a[p][0], a1 = a[p][1];
                            #else
                            vector a0 = load(x0 + p * 64, p * 64 + t * 16, in0), a1 = load(x1 + p * 64, p * 64 + t * 16, in1);
                            #endif
                            #pragma unroll
                            for (int j = 0; j < 8; j++) {
                                vector f = memory[((group * PAIRS + p) * 8 + j) * 32 + lane];
                                multiply(sums[j], a0.v[0], a1.v[0], a0.v[1], a1.v[1], f.v[0], f.v[1]);
                                multiply(sums[j], a0.v[2], a1.v[2], a0.v[3], a1.v[3], f.v[2], f.v[3]);
                            }
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
     * The form of the weights.
     *
     * @param columnStep elements of the constant from one column of the product to the next
     * @param innerStep elements of the constant from one summand to the next
     */
    WeightForm weights(long columnStep, long innerStep) {
        List<Long> starts = new ArrayList<>();
        for (long i = 0; i < paddedColumns(); i++) {
            long column = i / GROUP * GROUP + i % 8 / 2 * 16 + i / 8 % 8 * 2 + i % 2;
            starts.add(column < columns ? column * columnStep : -1);
        }
        return new WeightForm(DataType.INT8, List.of(new WeightForm.Axis(starts), WeightForm.Axis.of(paddedInner(), inner, innerStep)));
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
                + InputPacking.define("ROWS", image.count) + InputPacking.define("X_AT(m)", image.at())
                + InputPacking.define("PIECE_X", piece(inner, image.pitch)) + InputPacking.define("ROW_Y", rowOfY)
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
