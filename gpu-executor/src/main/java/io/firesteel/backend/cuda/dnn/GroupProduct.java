package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Launch;
import io.firesteel.backend.cuda.DeviceTypes;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.backend.cuda.driver.KernelArguments;
import io.firesteel.tensor.DataType;

/**
 * A product of matrices on Hopper's tensor cores with an epilogue that takes long to compute: y = f(x w^T + bias). Two blocks of threads
 * share a multiprocessor, so that one multiplies while the other finishes its results.
 *
 * @param type fp16 or bf16
 * @param inner columns of x and w, a multiple of 64
 * @param columns rows of w and columns of y, a multiple of 128
 * @param function the epilogue as device code: statements that change {@code v}, the sum with the bias
 */
record GroupProduct(DataType type, long inner, long columns, String function) {

    static final int DEPTH = 64;
    static final int TILE = 128;

    private static final int THREADS = 256;
    private static final int STAGES = 3;

    private static final String SOURCE = """
            #define TILE 128
            #define DEPTH 64
            #define THREADS 256
            #define PITCH (TILE + 8)
            #define STEPS (INNER / DEPTH)
            #define STAGE_BYTES (TILE * DEPTH * 2)
            typedef unsigned int u32;
            typedef unsigned long long u64;
            struct __align__(16) vector { u32 v[4]; };
            struct __align__(4) pair { TYPE lo, hi; };

            __device__ __forceinline__ void load16(u32 to, const void* from, bool valid) {
                int bytes = valid ? 16 : 0;
                asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" :: "r"(to), "l"(from), "r"(bytes));
            }
            // Rows of 128 bytes whose pieces of 16 are exchanged as the tensor cores expect it.
            __device__ __forceinline__ u32 place(int row, int piece) { return row * 128 + ((piece ^ (row & 7)) << 4); }
            // 8 rows are 1024 bytes apart; the pieces are exchanged in patterns of 128 bytes.
            __device__ __forceinline__ u64 matrix(u32 at) { return (u64) ((at & 0x3FFFF) >> 4) | 1ull << 16 | 64ull << 32 | 1ull << 62; }
            __device__ __forceinline__ float finish(float v) { FUNCTION return v; }
            #define SUMS(o) "+f"(c[o]), "+f"(c[o + 1]), "+f"(c[o + 2]), "+f"(c[o + 3]), "+f"(c[o + 4]), "+f"(c[o + 5]), "+f"(c[o + 6]), "+f"(c[o + 7])
            __device__ __forceinline__ void multiply(float* c, u64 a, u64 b, int add) {
                asm volatile("{ .reg .pred p; setp.ne.b32 p, %66, 0; "
                    "wgmma.mma_async.sync.aligned.m64n128k16.f32." OPERAND "." OPERAND " {%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,"
                    "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31,%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,"
                    "%46,%47,%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63}, %64, %65, p, 1, 1, 0, 0; }"
                    : SUMS(0), SUMS(8), SUMS(16), SUMS(24), SUMS(32), SUMS(40), SUMS(48), SUMS(56) : "l"(a), "l"(b), "r"(add));
            }
            // Holds the compiler from using sums before they are waited for.
            __device__ __forceinline__ void keep(float* c) {
                #pragma unroll
                for (int i = 0; i < 64; i++) asm volatile("" : "+f"(c[i]) :: "memory");
            }

            extern "C" __global__ void __launch_bounds__(THREADS, 2) product(const TYPE* __restrict__ x, const TYPE* __restrict__ w,
                    const float* __restrict__ bias, TYPE* y, int rows) {
                extern __shared__ __align__(1024) unsigned char memory[];
                u32 base = (u32) __cvta_generic_to_shared(memory);
                int thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
                long long row0 = (long long) (blockIdx.x / (COLUMNS / TILE)) * TILE;
                int column0 = blockIdx.x % (COLUMNS / TILE) * TILE;
                auto fetch = [&](int step) {
                    u32 to = base + step % STAGES * 2 * STAGE_BYTES;
                    #pragma unroll
                    for (int i = 0; i < TILE * 8 / THREADS; i++) {
                        int row = thread / 8 + i * (THREADS / 8), piece = thread % 8;
                        bool valid = row0 + row < rows;
                        load16(to + place(row, piece), x + (valid ? row0 + row : 0) * INNER + step * DEPTH + piece * 8, valid);
                        load16(to + STAGE_BYTES + place(row, piece), w + (long long) (column0 + row) * INNER + step * DEPTH + piece * 8, true);
                    }
                };
                #pragma unroll
                for (int s = 0; s < STAGES - 1; s++) {
                    if (s < STEPS) fetch(s);
                    asm volatile("cp.async.commit_group;");
                }
                float sums[64];
                #pragma unroll
                for (int i = 0; i < 64; i++) sums[i] = 0;
                #pragma unroll 1
                for (int step = 0; step < STEPS; step++) {
                    asm volatile("cp.async.wait_group %0;" :: "n"(STAGES - 2) : "memory");
                    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
                    __syncthreads();
                    u32 from = base + step % STAGES * 2 * STAGE_BYTES;
                    u64 a = matrix(from + warp / 4 * 64 * 128), b = matrix(from + STAGE_BYTES);
                    keep(sums);
                    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
                    #pragma unroll
                    for (int k = 0; k < DEPTH / 16; k++) multiply(sums, a + k * 2, b + k * 2, 1);
                    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
                    if (step + STAGES - 1 < STEPS) fetch(step + STAGES - 1);
                    asm volatile("cp.async.commit_group;");
                    asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
                    keep(sums);
                }
                __syncthreads();
                // A warp's 16 rows leave through shared memory.
                TYPE* tile = (TYPE*) memory + warp * 16 * PITCH;
                #pragma unroll
                for (int j = 0; j < TILE / 8; j++) {
                    int column = j * 8 + lane % 4 * 2;
                    float bias0 = 0, bias1 = 0;
                    if (bias) { bias0 = bias[column0 + column]; bias1 = bias[column0 + column + 1]; }
                    #pragma unroll
                    for (int half = 0; half < 2; half++) {
                        pair out;
                        out.lo = from_float<TYPE>(finish(sums[j * 4 + half * 2] + bias0));
                        out.hi = from_float<TYPE>(finish(sums[j * 4 + half * 2 + 1] + bias1));
                        *(pair*) (tile + (lane / 4 + half * 8) * PITCH + column) = out;
                    }
                }
                __syncwarp();
                #pragma unroll
                for (int i = 0; i < 16 * TILE / 8 / 32; i++) {
                    int row = i * 2 + lane / 16, piece = lane % 16;
                    if (row0 + warp * 16 + row < rows)
                        *(vector*) (y + (row0 + warp * 16 + row) * COLUMNS + column0 + piece * 8) = *(vector*) (tile + row * PITCH + piece * 8);
                }
            }
            """;

    CudaFunction compile(CudaContext context) {
        return context.compile("product", text()).function("product");
    }

    String text() {
        return DeviceTypes.PRELUDE + InputPacking.define("TYPE", DeviceTypes.name(type))
                + InputPacking.define("OPERAND", type == DataType.FLOAT16 ? "\"f16\"" : "\"bf16\"")
                + InputPacking.define("INNER", inner + "LL") + InputPacking.define("COLUMNS", columns)
                + InputPacking.define("STAGES", STAGES) + InputPacking.define("FUNCTION", function) + SOURCE;
    }

    /** @param bias device address of fp32 values, or 0 where there is none */
    Launch bind(CudaFunction compiled, CudaStream stream, long x, long w, long bias, long y, int rows) {
        int blocks = Math.toIntExact((rows + TILE - 1L) / TILE * (columns / TILE));
        return compiled.bind(stream, new int[] {blocks}, new int[] {THREADS}, STAGES * 2 * TILE * DEPTH * 2,
                new KernelArguments().pointer(x).pointer(w).pointer(bias).pointer(y).int32(rows));
    }
}
