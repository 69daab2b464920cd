package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Launch;
import io.firesteel.backend.Memory;
import io.firesteel.backend.cuda.DeviceTypes;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaEvent;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.backend.cuda.driver.KernelArguments;
import io.firesteel.tensor.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * Checks and times {@link GroupProduct} in the sizes of BERT-base at batch 256 x 128 tokens, in fp16. An argument is a shape, such as
 * {@code 192,true,1,4} (columns, taking turns, cluster, stages); without one, all that are offered are measured.
 */
public final class GroupBenchmark {

    private static final int LAUNCHES = 20;
    private static final double SUSTAINED_SECONDS = 0.6;

    private static final String GELU = "{ const float t = fminf(v * v, 25.0f); float p; asm(\"ex2.approx.ftz.f32 %0, %1;\" : \"=f\"(p) "
            + ": \"f\"(v * (-2.30054114f + t * (-0.107479531f + t * 0.00112060604f)))); v = __fdividef(v, 1.0f + p); }";

    private static final String RESIDUAL = "v += r;";

    private static final List<String> FUNCTIONS = List.of("", GELU, RESIDUAL);
    private static final List<String> NAMES = List.of("bias", "gelu", "residual");

    private record Case(int rows, int inner, int columns, String function) { }

    private static final List<Case> CASES = List.of(new Case(1000, 200, 392, GELU), new Case(32768, 768, 3072, GELU),
            new Case(32768, 768, 3072, ""), new Case(32768, 768, 2304, ""), new Case(32768, 768, 768, ""), new Case(32768, 3072, 768, ""),
            new Case(32768, 768, 768, RESIDUAL), new Case(32768, 3072, 768, RESIDUAL));

    private static final String CHECK = """
            __device__ unsigned next(unsigned h) { h *= 2654435761u; h ^= h >> 15; h *= 2246822519u; h ^= h >> 13; return h; }
            extern "C" __global__ void fill(fp16* to, long long count, unsigned seed, float scale) {
                for (long long i = blockIdx.x * 256ll + threadIdx.x; i < count; i += gridDim.x * 256ll) {
                    float sum = 0;
                    for (unsigned j = 0; j < 3; j++) sum += (int) next((unsigned) i * 3 + j + seed) * 4.656612873e-10f;
                    to[i] = from_float<fp16>(sum * scale);
                }
            }
            // One thread an element of every 61st row; the largest difference, relative to what is larger than 1/4, and how many are off.
            extern "C" __global__ void compare(const fp16* x, const fp16* w, const float* bias, const fp16* r, const fp16* y, int rows, int inner, int columns,
                    int function, int* result) {
                long long i = blockIdx.x * 256ll + threadIdx.x;
                long long row = i / columns * 61, column = i % columns;
                if (row >= rows) return;
                float sum = 0;
                for (int k = 0; k < inner; k++) sum += to_float(x[row * inner + k]) * to_float(w[column * inner + k]);
                sum += bias[column];
                if (function == 2) sum += to_float(r[row * columns + column]);
                if (function == 1) sum = 0.5f * sum * (1.0f + erff(sum * 0.70710678f));
                float difference = fabsf(to_float(y[row * columns + column]) - sum) / fmaxf(fabsf(sum), 0.25f);
                if (!(difference < 1e3f)) difference = 1e3f;
                atomicMax(result, __float_as_int(difference));
                if (difference > 2e-3f) atomicAdd(result + 1, 1);
            }
            """;

    private GroupBenchmark() { }

    /** @param arguments shapes */
    public static void main(String[] arguments) {
        CudaContext context = DeviceLayerCheck.context();
        List<GroupProduct.Shape> shapes = arguments.length == 0 ? GroupProduct.Shape.ALL
                : List.of(arguments).stream().map(GroupBenchmark::shape).toList();
        try (CudaStream stream = context.openStream()) {
            for (GroupProduct.Shape shape : shapes) {
                for (Case c : CASES) {
                    measure(stream, shape, c);
                }
            }
        }
    }

    private static GroupProduct.Shape shape(String text) {
        String[] parts = text.split(",");
        return new GroupProduct.Shape(Integer.parseInt(parts[0]), Boolean.parseBoolean(parts[1]), Integer.parseInt(parts[2]),
                Integer.parseInt(parts[3]));
    }

    private static void measure(CudaStream stream, GroupProduct.Shape shape, Case c) {
        CudaContext context = stream.context();
        GroupProduct product = new GroupProduct(DataType.FLOAT16, c.inner(), c.columns(), c.function(), c.function().equals(RESIDUAL), shape);
        CudaFunction compiled = product.compile(context);
        try (Memory x = filled(stream, (long) c.rows() * c.inner(), 1, 1); Memory w = filled(stream, (long) c.columns() * c.inner(), 2, 0.06);
                Memory y = filled(stream, (long) c.rows() * c.columns(), 3, 1); Memory r = filled(stream, (long) c.rows() * c.columns(), 4, 1);
                Memory bias = context.allocate(product.paddedColumns() * 4)) {
            ByteBuffer values = ByteBuffer.allocateDirect((int) product.paddedColumns() * 4).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < product.paddedColumns(); i++) {
                values.putFloat(i * 4, i % 17 * 0.05f - 0.4f);
            }
            stream.copyIn(values, bias.address());
            stream.synchronize();
            try (Launch launch = product.bind(compiled, stream, x.address(), w.address(), bias.address(), r.address(), y.address(), c.rows())) {
                launch.run();
                String accuracy = check(stream, c, x, w, bias, r, y);
                double[] times = times(stream, launch);
                double operations = 2.0 * c.rows() * c.inner() * c.columns();
                System.out.printf(Locale.ROOT, "%-50s %6d %5d %5d %-8s burst %7.1f us %4.0f, sustained %7.1f us %4.0f TFLOP/s, %s%n", shape,
                        c.rows(), c.inner(), c.columns(), NAMES.get(FUNCTIONS.indexOf(c.function())), times[0] * 1e6,
                        operations / times[0] / 1e12, times[1] * 1e6, operations / times[1] / 1e12, accuracy);
            }
        } catch (RuntimeException e) {
            System.out.println(shape + " " + c.rows() + " " + c.inner() + " " + c.columns() + ": " + e);
            throw e;
        }
    }

    private static Memory filled(CudaStream stream, long count, int seed, double scale) {
        Memory memory = stream.context().allocate(count * 2);
        CudaFunction fill = stream.context().compile("fill", DeviceTypes.PRELUDE + CHECK).function("fill");
        try (Launch launch = fill.bind(stream, new int[] {1024}, new int[] {256}, 0, new KernelArguments().pointer(memory.address())
                .int64(count).int32(seed * 7919).float32((float) scale))) {
            launch.run();
            stream.synchronize();
        }
        return memory;
    }

    private static String check(CudaStream stream, Case c, Memory x, Memory w, Memory bias, Memory r, Memory y) {
        CudaFunction compare = stream.context().compile("fill", DeviceTypes.PRELUDE + CHECK).function("compare");
        int blocks = (int) (((c.rows() + 60L) / 61 * c.columns() + 255) / 256);
        try (Memory result = stream.context().allocate(8);
                Launch launch = compare.bind(stream, new int[] {blocks}, new int[] {256}, 0, new KernelArguments().pointer(x.address())
                        .pointer(w.address()).pointer(bias.address()).pointer(r.address()).pointer(y.address()).int32(c.rows()).int32(c.inner())
                        .int32(c.columns()).int32(FUNCTIONS.indexOf(c.function())).pointer(result.address()))) {
            stream.clear(result.address(), 8);
            launch.run();
            ByteBuffer host = ByteBuffer.allocateDirect(8).order(ByteOrder.LITTLE_ENDIAN);
            stream.copyOut(result.address(), host);
            stream.synchronize();
            return String.format(Locale.ROOT, "largest difference %.2e, %d off", Float.intBitsToFloat(host.getInt(0)), host.getInt(4));
        }
    }

    /** Seconds of a launch in the first milliseconds, and after the device has been busy for a while. */
    private static double[] times(CudaStream stream, Launch launch) {
        try (Launch graph = stream.sequence(Collections.nCopies(LAUNCHES, launch)); CudaEvent start = CudaEvent.timing();
                CudaEvent end = CudaEvent.timing()) {
            graph.run();
            double burst = time(stream, graph, start, end, 1);
            int repeats = (int) Math.max(1, SUSTAINED_SECONDS / (burst * LAUNCHES));
            time(stream, graph, start, end, repeats);
            return new double[] {burst, time(stream, graph, start, end, Math.max(1, repeats / 2))};
        }
    }

    private static double time(CudaStream stream, Launch graph, CudaEvent start, CudaEvent end, int repeats) {
        start.record(stream);
        for (int i = 0; i < repeats; i++) {
            graph.run();
        }
        end.record(stream);
        end.synchronize();
        return end.millisSince(start) * 1e-3 / (LAUNCHES * repeats);
    }
}
