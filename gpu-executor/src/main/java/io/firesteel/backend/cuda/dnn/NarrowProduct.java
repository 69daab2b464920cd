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
 * A product of a matrix with so few columns of weights that tensor cores have nothing to do: a warp makes a row.
 *
 * @param type fp16 or bf16, of the weights
 * @param from element type of the matrix in memory, {@code type} or fp32
 * @param to element type of the result in memory, {@code type} or fp32
 * @param rows of the matrix
 * @param inner a multiple of 8
 * @param columns of the result, at most {@link #MOST_COLUMNS}
 * @param function the epilogue as device code: statements that change {@code v}, the sum with the bias
 */
record NarrowProduct(DataType type, DataType from, DataType to, long rows, long inner, long columns, String function) {

    static final int MOST_COLUMNS = 4;

    private static final int THREADS = 128;

    private static final String SOURCE = """
            template <typename T> struct __align__(sizeof(T) * 8 > 16 ? 16 : sizeof(T) * 8) eight { T v[8]; };
            __device__ __forceinline__ float finish(float v) { FUNCTION return v; }

            extern "C" __global__ void __launch_bounds__(THREADS) product(const FROM* x, const TYPE* __restrict__ w,
                    const float* __restrict__ bias, RESULT* y) {
                asm volatile("griddepcontrol.launch_dependents;");
                asm volatile("griddepcontrol.wait;" ::: "memory");
                const int lane = threadIdx.x % 32;
                const long long row = blockIdx.x * (THREADS / 32ll) + threadIdx.x / 32;
                if (row >= ROWS) return;
                float sums[COLUMNS];
                #pragma unroll
                for (int c = 0; c < COLUMNS; c++) sums[c] = 0;
                #pragma unroll 4
                for (int at = lane * 8; at < INNER; at += 256) {
                    const eight<FROM> values = *(const eight<FROM>*) (x + row * INNER + at);
                    #pragma unroll
                    for (int c = 0; c < COLUMNS; c++) {
                        const eight<TYPE> weights = *(const eight<TYPE>*) (w + c * INNER + at);
                        #pragma unroll
                        for (int k = 0; k < 8; k++) sums[c] += to_float(values.v[k]) * to_float(weights.v[k]);
                    }
                }
                #pragma unroll
                for (int c = 0; c < COLUMNS; c++) {
                    #pragma unroll
                    for (int step = 16; step > 0; step /= 2) sums[c] += __shfl_xor_sync(~0u, sums[c], step);
                    if (lane == c) y[row * COLUMNS + c] = from_float<RESULT>(finish(sums[c] + (bias ? bias[c] : 0.0f)));
                }
            }
            """;

    CudaFunction compile(CudaContext context) {
        return context.compile("product", source()).function("product");
    }

    String source() {
        Object[][] defines = {{"TYPE", DeviceTypes.name(type)}, {"FROM", DeviceTypes.name(from)}, {"RESULT", DeviceTypes.name(to)},
            {"ROWS", rows}, {"INNER", inner}, {"COLUMNS", columns}, {"THREADS", THREADS}, {"FUNCTION", function}};
        StringBuilder text = new StringBuilder(DeviceTypes.PRELUDE);
        for (Object[] define : defines) {
            text.append(InputPacking.define((String) define[0], define[1]));
        }
        return text.append(SOURCE).toString();
    }

    /** @param bias device address of fp32 values, or 0 where there is none */
    Launch bind(CudaFunction compiled, CudaStream stream, long x, long w, long bias, long y) {
        return compiled.bind(stream, new int[] {Math.toIntExact(Sizes.ceilDiv(rows, THREADS / 32))}, new int[] {THREADS}, 0,
                new KernelArguments().pointer(x).pointer(w).pointer(bias).pointer(y));
    }
}
