package io.firesteel.backend.cuda;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.backend.cuda.driver.KernelArguments;
import io.firesteel.tensor.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Copies a tensor between strided layouts, converting the element type. */
final class ReorderKernel {

    private static final int THREADS = 256;
    private static final int TILE = 32;
    private static final int TILE_ROWS = 8;
    private static final long SMALLEST_TILE_AXIS = 8;
    private static final int MOST_BLOCKS = 65535;
    private static final int LARGEST_WORD = 16;

    private static final String BODY = """
            struct axes { int count; long long size[8], from[8], to[8]; };
            __device__ __forceinline__ TO converted(FROM x) { return CONVERT; }
            extern "C" __global__ void __launch_bounds__(256) copy(const FROM* from, TO* to, const axes a, unsigned long long total) {
                for (unsigned long long i = blockIdx.x * 256ull + threadIdx.x; i < total; i += gridDim.x * 256ull) {
                    long long source = 0, target = 0;
                    unsigned long long left = i;
                    if (total >> 31) {
                        for (int d = a.count - 1; d >= 0; d--) {
                            unsigned long long next = left / a.size[d];
                            long long at = left - next * a.size[d];
                            source += at * a.from[d]; target += at * a.to[d]; left = next;
                        }
                    } else {
                        unsigned small = (unsigned) left;
                        for (int d = a.count - 1; d >= 0; d--) {
                            unsigned next = small / (unsigned) a.size[d];
                            unsigned at = small - next * (unsigned) a.size[d];
                            source += at * a.from[d]; target += at * a.to[d]; small = next;
                        }
                    }
                    to[target] = converted(from[source]);
                }
            }
            template <typename T> struct __align__(sizeof(T) * 4) four { T v[4]; };
            // both sides contiguous, four elements a thread
            extern "C" __global__ void __launch_bounds__(256) convert(const FROM* from, TO* to, const axes a, unsigned long long total) {
                unsigned long long at = (blockIdx.x * 256ull + threadIdx.x) * 4;
                if (at + 4 <= total) {
                    four<FROM> x = *(const four<FROM>*) (from + at);
                    four<TO> y;
                    #pragma unroll
                    for (int i = 0; i < 4; i++) y.v[i] = converted(x.v[i]);
                    *(four<TO>*) (to + at) = y;
                } else {
                    for (; at < total; at++) to[at] = converted(from[at]);
                }
            }
            // from: batch x rows x columns with contiguous columns; to: contiguous rows
            extern "C" __global__ void __launch_bounds__(256) transpose(const FROM* from, TO* to, const axes a) {
                __shared__ TO tile[32][33];
                long long rows = a.size[1], columns = a.size[2];
                long long column = blockIdx.x * 32ll + threadIdx.x, row = blockIdx.y * 32ll;
                for (long long b = blockIdx.z; b < a.size[0]; b += gridDim.z) {
                    const FROM* source = from + b * a.from[0];
                    TO* target = to + b * a.to[0];
                    for (int i = threadIdx.y; i < 32; i += 8)
                        if (column < columns && row + i < rows)
                            tile[i][threadIdx.x] = converted(source[(row + i) * a.from[1] + column]);
                    __syncthreads();
                    for (int i = threadIdx.y; i < 32; i += 8)
                        if (row + threadIdx.x < rows && blockIdx.x * 32ll + i < columns)
                            target[(blockIdx.x * 32ll + i) * a.to[2] + row + threadIdx.x] = tile[threadIdx.x][i];
                    __syncthreads();
                }
            }
            """;

    private ReorderKernel() { }

    static Kernel between(CudaContext context, TensorLayout from, TensorLayout to) {
        if (from.format().isBlocked() || to.format().isBlocked()) {
            throw FiresteelException.internal("no CUDA conversion from " + from + " to " + to, null);
        }
        List<StridedAxis> axes = StridedAxis.collapse(from.sizes(), from.strides(), to.strides());
        long total = from.type().shape().elements();
        if (total == 0) {
            return new CudaKernel("copy nothing", 0, (stream, inputs, outputs, scratch) -> () -> { });
        }
        boolean plain = axes.size() == 1 && axes.get(0).from() == 1 && axes.get(0).to() == 1;
        if (plain && from.dataType() == to.dataType()) {
            return new CudaKernel("memory copy", 0, (stream, inputs, outputs, scratch) ->
                    () -> stream.copy(inputs[0], outputs[0], from.bytes()));
        }
        List<StridedAxis> transposed = StridedAxis.transposed(axes);
        boolean tiled = !transposed.isEmpty() && transposed.get(1).size() >= SMALLEST_TILE_AXIS
                && transposed.get(2).size() >= SMALLEST_TILE_AXIS && transposed.get(1).size() <= (long) MOST_BLOCKS * TILE;
        CudaFunction function = context.compile("reorder", source(from.dataType(), to.dataType())).function(tiled ? "transpose" : "copy");
        if (tiled) {
            int[] grid = {blocks(transposed.get(2).size(), TILE), blocks(transposed.get(1).size(), TILE),
                (int) Math.min(MOST_BLOCKS, transposed.get(0).size())};
            return new CudaKernel("transpose", 0, (stream, inputs, outputs, scratch) -> function.bind(stream, grid,
                    new int[] {TILE, TILE_ROWS}, 0, new KernelArguments().pointer(inputs[0]).pointer(outputs[0])
                            .structure(structure(transposed))));
        }
        List<StridedAxis> ordered = StridedAxis.byTarget(axes);
        int[] grid = {blocks(Math.min(total, (long) THREADS << 24), THREADS)};
        int word = from.dataType() == to.dataType() ? word(ordered, from.dataType().bytes()) : 0;
        if (word > from.dataType().bytes()) {
            CudaFunction wide = context.compile("reorder", words(word)).function("copy");
            int elements = word / from.dataType().bytes();
            List<StridedAxis> axesOfWords = wider(ordered, elements);
            int[] blocks = {blocks(Math.min(total / elements, (long) THREADS << 24), THREADS)};
            return new CudaKernel("strided copy of " + word + " bytes", 0, (stream, inputs, outputs, scratch) ->
                    (inputs[0] | outputs[0]) % word == 0 ? bind(wide, stream, blocks, inputs[0], outputs[0], axesOfWords, total / elements)
                            : bind(function, stream, grid, inputs[0], outputs[0], ordered, total));
        }
        if (plain && from.dataType().bytes() <= Float.BYTES && to.dataType().bytes() <= Float.BYTES && total <= (long) Integer.MAX_VALUE << 8) {
            CudaFunction convert = context.compile("reorder", source(from.dataType(), to.dataType())).function("convert");
            int[] packs = {blocks(total, 4 * THREADS)};
            return new CudaKernel("conversion", 0, (stream, inputs, outputs, scratch) ->
                    (inputs[0] % (4 * from.dataType().bytes()) | outputs[0] % (4 * to.dataType().bytes())) == 0
                            ? bind(convert, stream, packs, inputs[0], outputs[0], ordered, total)
                            : bind(function, stream, grid, inputs[0], outputs[0], ordered, total));
        }
        return new CudaKernel("strided copy", 0, (stream, inputs, outputs, scratch) ->
                bind(function, stream, grid, inputs[0], outputs[0], ordered, total));
    }

    private static Launch bind(CudaFunction function, CudaStream stream, int[] grid, long from, long to, List<StridedAxis> axes, long total) {
        return function.bind(stream, grid, new int[] {THREADS}, 0,
                new KernelArguments().pointer(from).pointer(to).structure(structure(axes)).int64(total));
    }

    /** Bytes of the largest word that can be moved at once where the addresses are its multiples. */
    private static int word(List<StridedAxis> axes, int elementBytes) {
        StridedAxis innermost = axes.get(axes.size() - 1);
        if (innermost.from() != 1 || innermost.to() != 1) {
            return elementBytes;
        }
        int elements = LARGEST_WORD / elementBytes;
        while (elements > 1 && !divides(elements, axes)) {
            elements /= 2;
        }
        return Math.max(1, elements) * elementBytes;
    }

    private static boolean divides(int elements, List<StridedAxis> axes) {
        return axes.get(axes.size() - 1).size() % elements == 0 && axes.subList(0, axes.size() - 1).stream()
                .allMatch(a -> a.from() % elements == 0 && a.to() % elements == 0);
    }

    private static List<StridedAxis> wider(List<StridedAxis> axes, int elements) {
        List<StridedAxis> result = new ArrayList<>();
        for (StridedAxis axis : axes.subList(0, axes.size() - 1)) {
            result.add(new StridedAxis(axis.size(), axis.from() / elements, axis.to() / elements));
        }
        result.add(new StridedAxis(axes.get(axes.size() - 1).size() / elements, 1, 1));
        return result;
    }

    private static String words(int bytes) {
        String word = switch (bytes) {
            case 16 -> "struct __align__(16) word { unsigned v[4]; };\n";
            case 8 -> "typedef unsigned long long word;\n";
            case 4 -> "typedef unsigned word;\n";
            default -> "typedef unsigned short word;\n";
        };
        return word + "typedef word FROM;\ntypedef word TO;\n" + BODY.replace("CONVERT", "x");
    }

    private static int blocks(long size, int step) {
        return Math.toIntExact((size + step - 1) / step);
    }

    private static byte[] structure(List<StridedAxis> axes) {
        if (axes.size() > 8) {
            throw FiresteelException.internal("a conversion has more than 8 axes", null);
        }
        ByteBuffer content = ByteBuffer.allocate(Long.BYTES * 25).order(ByteOrder.LITTLE_ENDIAN);
        content.putInt(0, axes.size());
        for (int i = 0; i < axes.size(); i++) {
            content.putLong(Long.BYTES * (1 + i), axes.get(i).size());
            content.putLong(Long.BYTES * (9 + i), axes.get(i).from());
            content.putLong(Long.BYTES * (17 + i), axes.get(i).to());
        }
        return content.array();
    }

    private static String source(DataType from, DataType to) {
        return DeviceTypes.PRELUDE + "typedef " + DeviceTypes.name(from) + " FROM;\ntypedef " + DeviceTypes.name(to) + " TO;\n"
                + BODY.replace("CONVERT", conversion(from, to));
    }

    private static String conversion(DataType from, DataType to) {
        if (from == to) {
            return "x";
        }
        String value = DeviceTypes.isHalf(from) ? "to_float(x)" : "x";
        if (DeviceTypes.isHalf(to)) {
            return "from_float<TO>((float) " + value + ")";
        }
        return to == DataType.BOOL ? value + " != 0" : "(TO) " + value;
    }
}
