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
 * Copies a matrix of 16-bit numbers so that its rows begin where vectors of 16 bytes do, with zeros after them: products on tensor cores
 * read nothing else at full speed.
 *
 * @param type fp16 or bf16
 * @param rows how many
 * @param columns of the matrix
 */
public record RowPadding(DataType type, long rows, long columns) {

    private static final int THREADS = 256;
    private static final int VECTOR = 8;

    private static final String SOURCE = """
            struct __align__(WORD * 2) word { T v[WORD]; };
            struct __align__(16) vector { word w[8 / WORD]; };
            extern "C" __global__ void __launch_bounds__(THREADS) pad(const T* from, T* to, unsigned total) {
                const unsigned i = blockIdx.x * THREADS + threadIdx.x;
                if (i >= total) return;
                const unsigned row = i / (PADDED / 8), column = i % (PADDED / 8) * 8;
                vector out = {};
                #pragma unroll
                for (int k = 0; k < 8 / WORD; k++)
                    if (column + k * WORD < COLUMNS) out.w[k] = *(const word*) (from + (long long) row * COLUMNS + column + k * WORD);
                ((vector*) to)[i] = out;
            }
            """;

    /** Whether rows of so many elements need it. */
    public static boolean isNeeded(long columns) {
        return columns % VECTOR != 0;
    }

    /** Columns of the copy. */
    public long padded() {
        return padded(columns);
    }

    /** Columns of a copy. */
    public static long padded(long columns) {
        return Sizes.roundUp(columns, VECTOR);
    }

    /** Bytes of the copy. */
    public long bytes() {
        return rows * padded() * type.bytes();
    }

    /** Compiles the kernel. */
    public CudaFunction compile(CudaContext context) {
        return context.compile("pad", source()).function("pad");
    }

    String source() {
        int word = columns % 4 == 0 ? 4 : columns % 2 == 0 ? 2 : 1;
        return DeviceTypes.PRELUDE + String.format(Locale.ROOT,
                "typedef %s T;%n#define WORD %d%n#define PADDED %d%n#define COLUMNS %d%n#define THREADS %d%n", DeviceTypes.name(type), word,
                padded(), columns, THREADS) + SOURCE;
    }

    /** Prepares the copy. */
    public Launch bind(CudaFunction compiled, CudaStream stream, long from, long to) {
        int vectors = Math.toIntExact(rows * padded() / VECTOR);
        return compiled.bind(stream, new int[] {Math.toIntExact(Sizes.ceilDiv(vectors, THREADS))}, new int[] {THREADS}, 0,
                new KernelArguments().pointer(from).pointer(to).int32(vectors));
    }
}
