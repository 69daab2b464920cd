package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Fused;
import io.firesteel.op.Movement;
import io.firesteel.op.Normalizations;
import io.firesteel.op.Operator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.PointwiseProgram.Instruction;
import io.firesteel.op.Pooling;
import io.firesteel.op.PoolingWindow;
import io.firesteel.op.Recurrent;
import io.firesteel.op.RecurrentActivation;
import io.firesteel.op.Reductions;
import io.firesteel.op.Softmaxes;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Prints the time of generated kernels and their bytes a second beside those of a copy. Run its main method on a GPU. */
final class GeneratedKernelBenchmark {

    private static final int LAUNCHES = 10;
    private static final int WINDOWS = 5;

    private GeneratedKernelBenchmark() { }

    public static void main(String[] args) {
        CudaContext context = GeneratedLayerCheck.context();
        System.out.println(context.device().name());
        try (CudaStream stream = context.openStream()) {
            copy(context, stream);
            List<Long> last = List.of(-1L);
            PointwiseProgram scaled = new PointwiseProgram(3, List.of(new Instruction(new Arithmetic.Mul(), List.of(0, 1)),
                    new Instruction(new Arithmetic.Add(), List.of(3, 2)), new Instruction(new Activations.Relu(), List.of(4))));
            for (Precision precision : List.of(Precision.FP16, Precision.FP32)) {
                run(stream, precision, new Activations.Relu(), new long[] {256, 256, 56, 56});
                run(stream, precision, new Arithmetic.Add(), new long[] {256, 256, 56, 56}, new long[] {256, 256, 56, 56});
                run(stream, precision, new Fused.PointwiseChain(scaled), new long[] {256, 256, 56, 56}, new long[] {256, 256, 1, 1},
                        new long[] {256, 256, 56, 56});
                run(stream, precision, new Activations.Gelu(false), new long[] {256, 197, 3072});
                run(stream, precision, new Softmaxes.Softmax(-1), new long[] {196608, 512});
                run(stream, precision, new Softmaxes.Softmax(-1), new long[] {4096, 32768});
                run(stream, precision, new Normalizations.LayerNormalization(-1, 1e-5f), new long[] {131072, 768}, new long[] {768},
                        new long[] {768});
                run(stream, precision, new Movement.Transpose(List.of(0L, 2L, 1L)), new long[] {256, 256, 3136});
                run(stream, precision, new Movement.Transpose(List.of(0L, 2L, 1L, 3L)), new long[] {256, 128, 12, 64});
                run(stream, precision, new Reductions.ReduceMean(List.of(2L, 3L), true, false), new long[] {256, 1024, 14, 14});
                run(stream, precision, new Reductions.ReduceMean(last, true, false), new long[] {131072, 768});
                PoolingWindow window = new PoolingWindow(List.of(3L, 3L), List.of(2L, 2L), List.of(1L, 1L), List.of(1L, 1L),
                        List.of(1L, 1L), false);
                run(stream, precision, new Pooling.MaxPool(window, false), new long[] {256, 64, 112, 112});
                run(stream, precision, new Fused.MultiHeadAttention(12, 0.125f, true), new long[] {256, 128, 2304});
                run(stream, precision, new Fused.MultiHeadAttention(12, 0.125f, true), new long[] {64, 197, 2304});
                RecurrentActivation s = RecurrentActivation.SIGMOID;
                RecurrentActivation t = RecurrentActivation.TANH;
                run(stream, precision, new Recurrent.LSTM(new Recurrent.Form(Recurrent.Direction.FORWARD, List.of(s, t, t),
                        Float.POSITIVE_INFINITY, false), false), new long[] {32, 64, 512}, new long[] {1, 2048, 512},
                        new long[] {1, 2048, 512}, new long[] {1, 4096});
            }
        }
    }

    private static void copy(CudaContext context, CudaStream stream) {
        long bytes = 1L << 30;
        try (Memory from = context.allocate(bytes); Memory to = context.allocate(bytes)) {
            double seconds = time(stream, () -> stream.copy(from.address(), to.address(), bytes));
            System.out.printf(Locale.ROOT, "copy of 1 GiB: %.0f GB/s%n", 2 * bytes / seconds / 1e9);
        }
    }

    static double time(CudaStream stream, Launch launch) {
        try (Launch graph = stream.sequence(java.util.Collections.nCopies(LAUNCHES, launch))) {
            graph.run();
            graph.run();
            stream.synchronize();
            double[] times = new double[WINDOWS];
            for (int i = 0; i < WINDOWS; i++) {
                long start = System.nanoTime();
                graph.run();
                graph.run();
                stream.synchronize();
                times[i] = (System.nanoTime() - start) * 1e-9 / (2 * LAUNCHES);
            }
            Arrays.sort(times);
            return times[WINDOWS / 2];
        }
    }

    private static void run(CudaStream stream, Precision precision, Operator operator, long[]... sizes) {
        GraphBuilder builder = new GraphBuilder("layer");
        String[] names = new String[sizes.length];
        for (int i = 0; i < names.length; i++) {
            names[i] = builder.input("x" + i, TensorType.of(DataType.FLOAT32, sizes[i]));
        }
        builder.add(operator, 1, names).forEach(r -> builder.output(r, r));
        Graph graph = builder.build();
        Layer layer = new Layer(graph, graph.nodes().get(0), precision);
        for (Tactic tactic : new GeneratedKernels().offer(layer, stream.context()).tactics()) {
            run(stream, tactic, operator, sizes);
        }
    }

    private static void run(CudaStream stream, Tactic tactic, Operator operator, long[][] sizes) {
        CudaContext context = stream.context();
        List<Memory> memory = new ArrayList<>();
        long bytes = 0;
        long[] inputs = new long[sizes.length];
        for (int i = 0; i < inputs.length; i++) {
            Memory block = context.allocate(tactic.inputs().get(i).bytes());
            memory.add(block);
            inputs[i] = block.address();
            bytes += block.bytes();
            fill(stream, tactic.inputs().get(i), block.address());
        }
        Memory output = context.allocate(tactic.outputs().get(0).bytes());
        memory.add(output);
        bytes += output.bytes();
        try (Kernel kernel = tactic.prepare(Operands.of(tactic), new None()); Memory scratch = context.allocate(kernel.scratchBytes() + 64);
                Launch launch = kernel.bind(stream, inputs, new long[] {output.address()}, scratch.address())) {
            double seconds = time(stream, launch);
            System.out.printf(Locale.ROOT, "%-28s %-24s %s %-22s %8.1f us %6.0f GB/s%n", operator.name(), tactic.name(),
                    tactic.outputs().get(0).dataType(), Arrays.toString(sizes[0]), seconds * 1e6, bytes / seconds / 1e9);
        }
        memory.forEach(Memory::close);
    }

    /** Numbers from -1 to 1 that repeat nowhere near. */
    static void fill(CudaStream stream, TensorLayout layout, long address) {
        TensorLayout row = TensorLayout.of(TensorType.of(layout.dataType(), layout.type().shape().elements()), TensorFormat.LINEAR);
        KernelSequence sequence = KernelSequence.of(new ElementSource("fill", row.sizes()).output("y", 0, row)
                .line("unsigned h = (unsigned) c0 * 2654435761u; h ^= h >> 15; h *= 2246822519u; h ^= h >> 13;")
                .line("set_y((int) h * 4.656612873e-10f, c0);").call());
        try (Kernel kernel = new GeneratedKernel(stream.context(), "fill", sequence);
                Launch launch = kernel.bind(stream, new long[0], new long[] {address}, 0)) {
            launch.run();
            stream.synchronize();
        }
    }

    /** No constants. */
    static final class None implements Constants {
        @Override
        public long prepared(Tensor constant, Object form, long bytes, Preparation preparation) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long linear(Tensor constant) {
            throw new UnsupportedOperationException();
        }
    }
}
