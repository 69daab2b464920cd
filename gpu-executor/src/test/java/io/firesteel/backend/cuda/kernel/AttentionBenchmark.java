package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.cuda.CudaLayerFamily;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.backend.cuda.dnn.AttentionLayers;
import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Fused;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Prints the time of every way to compute attention, its bytes a second, and how far its results are from those of the last generated
 * way. Run its main method on a GPU.
 */
final class AttentionBenchmark {

    private AttentionBenchmark() { }

    public static void main(String[] args) {
        try (CudaStream stream = GeneratedLayerCheck.context().openStream()) {
            for (Precision precision : List.of(Precision.FP16, Precision.BF16)) {
                run(stream, precision, 12, 64, 256, 128, 256, 128);
                run(stream, precision, 12, 64, 256, 128, 256, 1);
                run(stream, precision, 12, 64, 256, 128, 0, 0);
                run(stream, precision, 12, 64, 64, 197, 0, 0);
                run(stream, precision, 12, 64, 64, 64, 64, 64);
                run(stream, precision, 12, 64, 64, 64, 64, 1);
                run(stream, precision, 12, 64, 64, 64, 1, 64);
                run(stream, precision, 12, 32, 64, 64, 64, 1);
                run(stream, precision, 16, 64, 64, 256, 1, 256);
                run(stream, precision, 8, 128, 64, 128, 64, 1);
                run(stream, precision, 12, 64, 1, 128, 1, 1);
                run(stream, precision, 12, 64, 8, 128, 8, 1);
                run(stream, precision, 12, 64, 1, 197, 0, 0);
            }
        }
    }

    private static void run(CudaStream stream, Precision precision, long heads, long size, long batch, long tokens, long maskBatch,
            long maskRows) {
        GraphBuilder builder = new GraphBuilder("layer");
        String packed = builder.input("x", TensorType.of(DataType.FLOAT32, batch, tokens, 3 * heads * size));
        String mask = maskRows == 0 ? "" : builder.input("mask", TensorType.of(DataType.FLOAT32, maskBatch, 1, maskRows, tokens));
        builder.add(new Fused.MultiHeadAttention(heads, 0.125f, true), 1, packed, "", "", mask).forEach(r -> builder.output(r, r));
        Graph graph = builder.build();
        Layer layer = new Layer(graph, graph.nodes().get(0), precision);
        List<Tactic> tactics = new ArrayList<>();
        for (CudaLayerFamily family : List.of(new AttentionLayers(), new GeneratedKernels())) {
            tactics.addAll(family.offer(layer, stream.context()).tactics());
        }
        String name = String.format(Locale.ROOT, "%d x %d [%d,%d] mask [%d,%d] %s", heads, size, batch, tokens, maskBatch, maskRows,
                precision);
        Tensor reference = null;
        for (int i = tactics.size() - 1; i >= 0; i--) {
            try {
                reference = run(stream, tactics.get(i), name, reference);
            } catch (RuntimeException e) {
                System.out.println(name + " " + tactics.get(i).name() + " failed: " + e.getMessage());
            }
        }
    }

    private static Tensor run(CudaStream stream, Tactic tactic, String name, Tensor reference) {
        CudaContext context = stream.context();
        List<Memory> memory = new ArrayList<>();
        long[] inputs = new long[tactic.inputs().size()];
        long bytes = tactic.outputs().get(0).bytes();
        for (int i = 0; i < inputs.length; i++) {
            if (tactic.inputs().get(i) != null) {
                Memory block = context.allocate(tactic.inputs().get(i).bytes());
                memory.add(block);
                inputs[i] = block.address();
                bytes += block.bytes();
                GeneratedKernelBenchmark.fill(stream, tactic.inputs().get(i), block.address());
            }
        }
        Memory output = context.allocate(tactic.outputs().get(0).bytes());
        memory.add(output);
        try (Kernel kernel = tactic.prepare(Operands.of(tactic), new GeneratedKernelBenchmark.None());
                Memory scratch = context.allocate(kernel.scratchBytes() + 64);
                Launch launch = kernel.bind(stream, inputs, new long[] {output.address()}, scratch.address())) {
            double seconds = GeneratedKernelBenchmark.time(stream, launch);
            ByteBuffer read = ByteBuffer.allocateDirect(Math.toIntExact(output.bytes())).order(ByteOrder.LITTLE_ENDIAN);
            stream.copyOut(output.address(), read);
            stream.synchronize();
            DataType type = tactic.outputs().get(0).dataType();
            Tensor result = Tensor.wrap(type, new long[] {read.capacity() / type.bytes()}, read);
            System.out.printf(Locale.ROOT, "%-44s %-26s %8.1f us %6.0f GB/s, off by %.5f%n", name, tactic.name(), seconds * 1e6,
                    bytes / seconds / 1e9, reference == null ? 0 : distance(result, reference));
            return reference == null ? result : reference;
        } finally {
            memory.forEach(Memory::close);
        }
    }

    private static double distance(Tensor a, Tensor b) {
        float[] x = a.toFloats();
        float[] y = b.toFloats();
        double most = 0;
        for (int i = 0; i < x.length; i++) {
            most = x[i] == x[i] ? Math.max(most, Math.abs(x[i] - y[i])) : Double.NaN;
            if (Double.isNaN(most)) {
                return most;
            }
        }
        return most;
    }
}
