package io.firesteel.backend.cuda;

import io.firesteel.backend.Launch;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.backend.cuda.driver.KernelArguments;
import io.firesteel.tensor.DataType;
import java.util.Locale;

/**
 * Copies a matrix of 16-bit numbers whose rows are as {@link RowPadding} has them into one without padding.
 *
 * @param type fp16 or bf16
 * @param to element type of the copy, {@code type} or fp32
 * @param rows how many
 * @param columns of the copy
 */
public record RowCropping(DataType type, DataType to, long rows, long columns) {

    private static final int THREADS = 256;
    private static final int EACH = 8;

    private static final String SOURCE = """
            extern "C" __global__ void __launch_bounds__(THREADS) crop(const FROM* from, TO* to) {
                const long long row = blockIdx.x / PIECES;
                const int first = blockIdx.x % PIECES * (THREADS * EACH) + threadIdx.x;
                FROM values[EACH];
                #pragma unroll
                for (int k = 0; k < EACH; k++)
                    if (first + k * THREADS < COLUMNS) values[k] = from[row * PADDED + first + k * THREADS];
                #pragma unroll
                for (int k = 0; k < EACH; k++)
                    if (first + k * THREADS < COLUMNS) to[row * COLUMNS + first + k * THREADS] = from_float<TO>(to_float(values[k]));
            }
            """;

    private long pieces() {
        return Sizes.ceilDiv(columns, THREADS * EACH);
    }

    /** Bytes of the matrix with padding. */
    public long bytes() {
        return rows * RowPadding.padded(columns) * type.bytes();
    }

    /** Compiles the kernel. */
    public CudaFunction compile(CudaContext context) {
        return context.compile("crop", source()).function("crop");
    }

    String source() {
        return DeviceTypes.PRELUDE + String.format(Locale.ROOT, "typedef %s FROM;%ntypedef %s TO;%n#define COLUMNS %d%n#define PADDED %d%n"
                + "#define PIECES %d%n#define EACH %d%n#define THREADS %d%n", DeviceTypes.name(type), DeviceTypes.name(to), columns,
                RowPadding.padded(columns), pieces(), EACH, THREADS) + SOURCE;
    }

    /** Prepares the copy. */
    public Launch bind(CudaFunction compiled, CudaStream stream, long from, long target) {
        return compiled.bind(stream, new int[] {Math.toIntExact(rows * pieces())}, new int[] {THREADS}, 0,
                new KernelArguments().pointer(from).pointer(target));
    }
}
