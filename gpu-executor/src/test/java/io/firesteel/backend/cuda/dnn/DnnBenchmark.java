package io.firesteel.backend.cuda.dnn;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Trials;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Prints how fast cuDNN computes ResNet-50's layers at batch 256 in fp16: the best engine configuration and the first recommended. */
public final class DnnBenchmark {

    private static final long BATCH = 256;
    private static final long STEM = 41;

    private record Case(String name, long channels, long outputs, long size, long kernel, long stride, boolean residual) { }

    private static final List<Case> CASES = List.of(
            new Case("stem as rows of blocks: 4x1 48->64", 48, 64, 112, 41, 1, false),
            new Case("1x1 64->64, 56", 64, 64, 56, 1, 1, false),
            new Case("3x3 64->64, 56", 64, 64, 56, 3, 1, false),
            new Case("1x1 64->256, 56", 64, 256, 56, 1, 1, false),
            new Case("1x1 64->256, 56, residual", 64, 256, 56, 1, 1, true),
            new Case("1x1 256->64, 56", 256, 64, 56, 1, 1, false),
            new Case("1x1 256->128, 56", 256, 128, 56, 1, 1, false),
            new Case("3x3/2 128->128, 56", 128, 128, 56, 3, 2, false),
            new Case("1x1/2 256->512, 56", 256, 512, 56, 1, 2, false),
            new Case("3x3 128->128, 28", 128, 128, 28, 3, 1, false),
            new Case("1x1 128->512, 28, residual", 128, 512, 28, 1, 1, true),
            new Case("1x1 512->128, 28", 512, 128, 28, 1, 1, false),
            new Case("3x3 256->256, 14", 256, 256, 14, 3, 1, false),
            new Case("1x1 256->1024, 14, residual", 256, 1024, 14, 1, 1, true),
            new Case("1x1 1024->256, 14", 1024, 256, 14, 1, 1, false),
            new Case("3x3 512->512, 7", 512, 512, 7, 3, 1, false),
            new Case("1x1 512->2048, 7, residual", 512, 2048, 7, 1, 1, true),
            new Case("1x1 2048->512, 7", 2048, 512, 7, 1, 1, false));

    private DnnBenchmark() { }

    /** Takes no arguments. */
    public static void main(String[] arguments) {
        CudaContext context = DeviceLayerCheck.context();
        DnnDevice device = DnnDevice.of(context);
        System.out.println(context.device().name() + ", cuDNN " + jcuda.jcudnn.JCudnn.cudnnGetVersion());
        System.out.printf("%-34s %8s %8s %8s %8s  %s%n", "layer", "ms", "TFLOP/s", "TB/s", "first", "configuration");
        for (Case c : CASES) {
            try {
                measure(device, c);
            } catch (RuntimeException e) {
                System.out.println(c.name() + ": " + e);
            }
        }
    }

    private static DnnGraph graph(Case c) {
        boolean stem = c.kernel() == STEM;
        long pad = c.kernel() == 3 ? 1 : stem ? 2 : 0;
        long padEnd = stem ? 1 : pad;
        long out = stem ? c.size() : (c.size() + pad + padEnd - c.kernel()) / c.stride() + 1;
        DnnGraph.Builder graph = new DnnGraph.Builder();
        GraphTensor x = image(graph, ElementType.HALF, BATCH, c.channels(), c.size());
        List<Long> kernel = List.of(c.outputs(), c.channels(), stem ? 4 : c.kernel(), stem ? 1 : c.kernel());
        GraphTensor w = graph.memory(ElementType.HALF, kernel, Dimensions.channelsLast(kernel));
        GraphTensor y = image(graph, ElementType.HALF, BATCH, c.outputs(), out);
        GraphTensor sum = graph.virtual(ElementType.FLOAT, y.sizes(), y.strides());
        Window window = new Window(List.of(c.stride(), c.stride()), List.of(1L, 1L), List.of(pad, stem ? 0 : pad),
                List.of(padEnd, stem ? 0 : padEnd));
        graph.add(new GraphOperation.Convolution(x, w, sum, window));
        PointwiseEmitter emitter = new PointwiseEmitter(graph, sum);
        GraphTensor value = emitter.emit(PointwiseMode.ADD, sum, image(graph, ElementType.FLOAT, 1, c.outputs(), 1));
        if (c.residual()) {
            value = emitter.emit(PointwiseMode.ADD, value, image(graph, ElementType.HALF, BATCH, c.outputs(), out));
        }
        emitter.emit(PointwiseMode.RELU, value);
        graph.finishInto(y);
        return graph.build();
    }

    private static GraphTensor image(DnnGraph.Builder graph, ElementType type, long n, long c, long size) {
        List<Long> sizes = List.of(n, c, size, size);
        return graph.memory(type, sizes, Dimensions.channelsLast(sizes));
    }

    private static void measure(DnnDevice device, Case c) {
        DnnGraph graph = graph(c);
        long start = System.nanoTime();
        List<ExecutionPlan> plans = plans(device, graph);
        long compiled = System.nanoTime();
        Map<ExecutionPlan, Float> times = new HashMap<>();
        plans.forEach(plan -> times.put(plan, device.timer().time(graph, plan, Trials.NONE, Float.POSITIVE_INFINITY)));
        long timed = System.nanoTime();
        double bytes = 0;
        for (GraphTensor t : graph.memory()) {
            bytes += (double) t.sizes().stream().reduce(1L, (a, b) -> a * b) * t.type().bytes();
        }
        GraphTensor y = graph.memory().get(2);
        List<GraphTensor> all = graph.memory();
        for (GraphTensor t : all) {
            y = t.sizes().get(1) == c.outputs() && t.sizes().get(0) == BATCH ? t : y;
        }
        double flops = 2.0 * y.sizes().stream().reduce(1L, (a, b) -> a * b) * c.channels()
                * (c.kernel() == STEM ? 4 : c.kernel() * c.kernel());
        List<ExecutionPlan> order = new ArrayList<>(times.keySet());
        order.sort((a, b) -> Float.compare(times.get(a), times.get(b)));
        ExecutionPlan best = order.get(0);
        double ms = times.get(best);
        System.out.printf(Locale.ROOT, "%-34s %8.4f %8.0f %8.2f %8.4f  %s (%d of %d, workspace %d KiB, %.1f s + %.1f s)%n", c.name(), ms,
                flops / ms / 1e9, bytes / ms / 1e9, times.getOrDefault(plans.get(0), Float.NaN), best.configuration(),
                plans.indexOf(best), plans.size(), best.workspaceBytes() >> 10, (compiled - start) / 1e9, (timed - compiled) / 1e9);
        if (c.kernel() == 1 && c.stride() == 1 && c.channels() <= 512) {
            double tile = device.timer().time(graph, 0, tiles(device, c, graph));
            System.out.printf(Locale.ROOT, "%-34s %8.4f %8.0f %8.2f%n", "  by tiles", tile, flops / tile / 1e9, bytes / tile / 1e9);
        }
        plans.forEach(ExecutionPlan::close);
    }

    private static List<ExecutionPlan> plans(DnnDevice device, DnnGraph graph) {
        List<ExecutionPlan> plans = new ArrayList<>();
        device.withHandle(handle -> {
            try (NativeGraph described = new NativeGraph(graph, handle)) {
                for (EngineConfiguration c : EngineConfiguration.candidates(described, Set.of(EngineConfiguration.Note.NONDETERMINISTIC))) {
                    try {
                        plans.add(c.plan(described, handle));
                    } catch (FiresteelException e) {
                        System.out.println(c + ": " + e.getMessage());
                    }
                }
            }
            return null;
        });
        return plans;
    }

    private static GraphTimer.Bindable tiles(DnnDevice device, Case c, DnnGraph graph) {
        List<GraphTensor> memory = graph.memory();
        TileProduct product = new TileProduct(DataType.FLOAT16, c.channels(), c.outputs(), c.channels(), c.outputs(),
                c.residual() ? c.outputs() : 0, c.residual() ? "v += r; v = v < 0 ? 0 : v;" : "v = v < 0 ? 0 : v;");
        CudaFunction compiled = product.compile(device.context());
        int rows = (int) (BATCH * c.size() * c.size());
        // In order of first use: x, w, bias, residual where there is one, y.
        return (stream, at) -> product.bind(compiled, stream, at.get(memory.get(0).id()), at.get(memory.get(1).id()),
                at.get(memory.get(2).id()), c.residual() ? at.get(memory.get(3).id()) : 0,
                at.get(memory.get(memory.size() - 1).id()), rows);
    }
}
