package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Launch;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.cuda.DeviceTypes;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.backend.cuda.driver.KernelArguments;
import io.firesteel.tensor.DataType;
import java.util.Comparator;
import java.util.stream.LongStream;

/**
 * A product of a tall matrix with small weights on tensor cores, for layers whose time is memory traffic: y = f(x w^T + bias, residual).
 * A block of threads makes 128 rows; all it reads is on its way before the first product, residual included, and results leave in rows.
 *
 * @param type fp16 or bf16
 * @param inner columns of x and w, a multiple of 8
 * @param columns rows of w and columns of y, a multiple of 8
 * @param rowOfX elements from one row of x to the next
 * @param rowOfY elements from one row of y to the next
 * @param rowOfResidual elements from one row of the residual to the next, or 0 where there is none
 * @param function the epilogue as device code: statements that change {@code v}, the sum with the bias; {@code r} is the residual
 */
record TileProduct(DataType type, long inner, long columns, long rowOfX, long rowOfY, long rowOfResidual, String function) {

    static final int DEPTH = 64;

    private static final int THREADS = 256;
    private static final int ROWS = 128;
    private static final int PADDING = 8;
    private static final long[] TILES = {160, 128, 96, 64, 32};

    /** Copies to shared memory, rows of 128 bytes whose parts are exchanged so that no two threads meet in a bank, and products. */
    static final String PRIMITIVES = """
            typedef unsigned int u32;
            __device__ __forceinline__ void load16(u32 to, const void* from, bool valid) {
                int bytes = valid ? 16 : 0;
                asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" :: "r"(to), "l"(from), "r"(bytes));
            }
            __device__ __forceinline__ void commit() { asm volatile("cp.async.commit_group;"); }
            template <int N> __device__ __forceinline__ void await() { asm volatile("cp.async.wait_group %0;" :: "n"(N) : "memory"); }
            __device__ __forceinline__ void fragments(u32* r, u32 from) {
                asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                    : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(from));
            }
            __device__ __forceinline__ void multiply(float* c, const u32* a, const u32* b) {
                asm volatile("mma.sync.aligned.m16n8k16.row.col.f32." OPERAND "." OPERAND ".f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                    : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
            }
            __device__ __forceinline__ u32 place(u32 base, int row, int chunk) { return base + row * 128 + ((chunk ^ (row & 7)) << 4); }
            struct __align__(16) vector { u32 v[4]; };
            """;

    private static final String SOURCE = """
            #define ROWS 128
            #define DEPTH 64
            #define THREADS 256
            #define PITCH (TILE + 8)
            #define STEPS ((INNER + DEPTH - 1) / DEPTH)
            __device__ __forceinline__ float finish(float v, float r) { FUNCTION return v; }
            struct __align__(4) pair { TYPE lo, hi; };

            extern "C" __global__ void __launch_bounds__(THREADS, 2) product(const TYPE* __restrict__ x, const TYPE* __restrict__ w,
                    const float* __restrict__ bias, const TYPE* residual, TYPE* y, int rows) {
                extern __shared__ __align__(128) unsigned char memory[];
                u32 base = (u32) __cvta_generic_to_shared(memory);
                u32 xs = base, ws = base + STAGES * ROWS * 128;
                TYPE* tile = (TYPE*) (memory + STAGES * (ROWS + TILE) * 128);
                u32 tiles = base + STAGES * (ROWS + TILE) * 128;
                int thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
                long long row0 = (long long) (blockIdx.x / TILES) * ROWS;
                int column0 = blockIdx.x % TILES * TILE;
                auto fetch = [&](int step, int stage) {
                    #pragma unroll
                    for (int i = 0; i < ROWS * 8 / THREADS; i++) {
                        int row = (thread + i * THREADS) / 8, chunk = thread % 8;
                        bool valid = row0 + row < rows && step * DEPTH + chunk * 8 < INNER;
                        load16(place(xs + stage * ROWS * 128, row, chunk), valid ? x + (row0 + row) * ROW_X + step * DEPTH + chunk * 8 : x, valid);
                    }
                    #pragma unroll
                    for (int i = 0; i < TILE * 8 / THREADS; i++) {
                        int row = (thread + i * THREADS) / 8, chunk = thread % 8;
                        load16(place(ws + stage * TILE * 128, row, chunk), w + (long long) (column0 + row) * (STEPS * DEPTH) + step * DEPTH + chunk * 8, true);
                    }
                };
                #pragma unroll
                for (int s = 0; s < STAGES; s++) { fetch(s, s); commit(); }
                #if ROW_R > 0
                #pragma unroll
                for (int i = 0; i < ROWS * TILE / 8 / THREADS; i++) {
                    int row = (thread + i * THREADS) / (TILE / 8), chunk = (thread + i * THREADS) % (TILE / 8);
                    bool valid = row0 + row < rows && column0 + chunk * 8 < COLUMNS;
                    load16(tiles + row * PITCH * 2 + chunk * 16, valid ? residual + (row0 + row) * ROW_R + column0 + chunk * 8 : residual, valid);
                }
                #endif
                commit();
                int warpRow = warp % 4 * 32, warpColumn = warp / 4 * (TILE / 2);
                float sums[2][TILE / 16][4];
                #pragma unroll
                for (int i = 0; i < 2; i++)
                    #pragma unroll
                    for (int j = 0; j < TILE / 16; j++)
                        #pragma unroll
                        for (int k = 0; k < 4; k++) sums[i][j][k] = 0;
                #pragma unroll 1
                for (int step = 0; step < STEPS; step++) {
                    if (step < STAGES) await<STAGES>(); else await<STAGES - 1>();
                    __syncthreads();
                    u32 xt = xs + step % STAGES * ROWS * 128, wt = ws + step % STAGES * TILE * 128;
                    #pragma unroll
                    for (int k = 0; k < DEPTH / 16; k++) {
                        if (INNER % DEPTH != 0 && step * DEPTH + k * 16 >= INNER) break;
                        u32 a[2][4], b[TILE / 32][4];
                        #pragma unroll
                        for (int i = 0; i < 2; i++) fragments(a[i], place(xt, warpRow + i * 16 + lane % 16, k * 2 + lane / 16));
                        #pragma unroll
                        for (int j = 0; j < TILE / 32; j++)
                            fragments(b[j], place(wt, warpColumn + j * 16 + lane % 8 + lane / 16 * 8, k * 2 + lane / 8 % 2));
                        #pragma unroll
                        for (int i = 0; i < 2; i++)
                            #pragma unroll
                            for (int j = 0; j < TILE / 16; j++) multiply(sums[i][j], a[i], b[j / 2] + j % 2 * 2);
                    }
                    if (step + STAGES < STEPS) {
                        __syncthreads();
                        fetch(step + STAGES, step % STAGES);
                    }
                    commit();
                }
                await<0>();
                __syncthreads();
                #pragma unroll
                for (int j = 0; j < TILE / 16; j++) {
                    int column = warpColumn + j * 8 + lane % 4 * 2;
                    float bias0 = 0, bias1 = 0;
                    if (bias) { bias0 = bias[column0 + column]; bias1 = bias[column0 + column + 1]; }
                    #pragma unroll
                    for (int i = 0; i < 2; i++)
                        #pragma unroll
                        for (int half = 0; half < 2; half++) {
                            pair* at = (pair*) (tile + (warpRow + i * 16 + half * 8 + lane / 4) * PITCH + column);
                            float r0 = 0, r1 = 0;
                            #if ROW_R > 0
                            r0 = to_float(at->lo); r1 = to_float(at->hi);
                            #endif
                            pair out;
                            out.lo = from_float<TYPE>(finish(sums[i][j][half * 2] + bias0, r0));
                            out.hi = from_float<TYPE>(finish(sums[i][j][half * 2 + 1] + bias1, r1));
                            *at = out;
                        }
                }
                __syncthreads();
                #pragma unroll
                for (int i = 0; i < ROWS * TILE / 8 / THREADS; i++) {
                    int row = (thread + i * THREADS) / (TILE / 8), chunk = (thread + i * THREADS) % (TILE / 8);
                    if (row0 + row < rows && column0 + chunk * 8 < COLUMNS)
                        *(vector*) (y + (row0 + row) * ROW_Y + column0 + chunk * 8) = *(vector*) (tile + row * PITCH + chunk * 8);
                }
            }
            """;

    /** The columns of a tile: what is left over in the last one costs least, then few tiles read the rows again. */
    private long tile() {
        return LongStream.of(TILES).boxed().min(Comparator.comparingLong((Long t) -> Sizes.roundUp(columns, t))
                .thenComparingLong(t -> -t)).orElseThrow();
    }

    private long stages() {
        return Math.min(2, paddedInner() / DEPTH);
    }

    /** Elements of a row of the weights in memory: zeros fill the last step. */
    long paddedInner() {
        return Sizes.roundUp(inner, DEPTH);
    }

    /** Rows of the weights in memory: zeros fill the last tile. */
    long paddedColumns() {
        return Sizes.roundUp(columns, tile());
    }

    private int sharedBytes() {
        return (int) (stages() * (ROWS + tile()) * DEPTH * 2 + ROWS * (tile() + PADDING) * 2);
    }

    /** Defines what {@link #PRIMITIVES} multiply. */
    static String operand(DataType type) {
        return InputPacking.define("OPERAND", type == DataType.FLOAT16 ? "\"f16\"" : "\"bf16\"");
    }

    CudaFunction compile(CudaContext context) {
        return context.compile("product", source()).function("product");
    }

    String source() {
        String defines = InputPacking.define("TYPE", DeviceTypes.name(type))
                + operand(type)
                + InputPacking.define("INNER", inner) + InputPacking.define("COLUMNS", columns) + InputPacking.define("TILE", tile())
                + InputPacking.define("TILES", paddedColumns() / tile())
                + InputPacking.define("STAGES", stages()) + InputPacking.define("ROW_X", rowOfX + "LL")
                + InputPacking.define("ROW_Y", rowOfY + "LL") + InputPacking.define("ROW_R", rowOfResidual)
                + InputPacking.define("FUNCTION", function);
        return DeviceTypes.PRELUDE + defines + PRIMITIVES + SOURCE;
    }

    /**
     * @param bias device address of fp32 values, or 0 where there is none
     * @param residual device address, or 0 where there is none
     */
    Launch bind(CudaFunction compiled, CudaStream stream, long x, long w, long bias, long residual, long y, int rows) {
        int blocks = Math.toIntExact((rows + ROWS - 1) / ROWS * (paddedColumns() / tile()));
        return compiled.bind(stream, new int[] {blocks}, new int[] {THREADS}, sharedBytes(),
                new KernelArguments().pointer(x).pointer(w).pointer(bias).pointer(residual).pointer(y).int32(rows));
    }
}
