package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.Elementwise;
import io.firesteel.backend.cpu.onednn.Execution;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.backend.cpu.onednn.RecurrentLayers;
import io.firesteel.memory.NativeMemory;
import io.firesteel.op.Recurrent;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A whole recurrent layer with constant weights as one oneDNN primitive.
 *
 * @param layer the layer
 * @param form its form
 * @param gates which of ONNX's gates each of oneDNN's is
 * @param separateBias whether the last gate's biases of W and of R stay apart, the latter in an entry of its own
 * @param withCell whether it has a cell state
 */
record RecurrentPrimitive(Layer layer, Recurrent.Form form, List<Integer> gates, boolean separateBias, boolean withCell) {

    private static final int CELL_INPUT = 6;

    private record WeightsForm(String what, List<Integer> gates, MemoryDesc target) { }

    private record BiasForm(List<Integer> gates, boolean separate) { }

    /** oneDNN's LSTM: input, forget, cell, output. */
    static RecurrentPrimitive lstm(Layer layer) {
        return new RecurrentPrimitive(layer, ((Recurrent.LSTM) layer.operator()).form(), List.of(0, 2, 3, 1), false, true);
    }

    /** oneDNN's GRU: update, reset, new. */
    static RecurrentPrimitive gru(Layer layer) {
        Recurrent.GRU op = (Recurrent.GRU) layer.operator();
        return new RecurrentPrimitive(layer, op.form(), List.of(0, 1, 2), op.linearBeforeReset(), false);
    }

    /** Why oneDNN cannot compute the layer, or empty. Its first function of a cell is the sigmoid, the others are tanh. */
    String refusal() {
        String name = layer.operator().name();
        if (layer.input(0).dataType() != DataType.FLOAT32 || layer.constant(1).isEmpty() || layer.constant(2).isEmpty()
                || layer.isVariable(3)) {
            return "the CPU backend runs " + name + " on fp32 with constant weights";
        }
        if (layer.hasInput(4) || form.batchFirst() || Float.isFinite(form.clip()) || Sizes.product(layer.inputSizes(0)) == 0) {
            return "oneDNN's " + name + " has no row lengths, clipping or batch-first order";
        }
        int functions = form.activations().size() / form.direction().count();
        for (int i = 0; i < form.activations().size(); i++) {
            String function = form.activations().get(i).function().name();
            if (!function.equalsIgnoreCase(i % functions == 0 ? "sigmoid" : "tanh")) {
                return "oneDNN's " + name + " has sigmoid and tanh only";
            }
        }
        return "";
    }

    /** Row-major layouts of what is read: data and states. */
    TensorLayout[] inputs() {
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        for (int i : withCell ? new int[] {0, 5, CELL_INPUT} : new int[] {0, 5}) {
            if (layer.hasInput(i)) {
                inputs[i] = Target.layout(layer.input(i), TensorFormat.LINEAR, DataType.FLOAT32);
            }
        }
        return inputs;
    }

    /** Row-major layouts of the results that are wanted. */
    TensorLayout[] outputs() {
        TensorLayout[] outputs = new TensorLayout[layer.outputCount()];
        for (int i = 0; i < outputs.length; i++) {
            outputs[i] = layer.hasOutput(i) ? Target.layout(layer.output(i), TensorFormat.LINEAR, DataType.FLOAT32) : null;
        }
        return outputs;
    }

    private Primitive primitive() {
        long[] data = layer.inputSizes(0);
        RecurrentLayers.Size size = new RecurrentLayers.Size(data[0], data[1], data[2], layer.inputSizes(2)[2]);
        RecurrentLayers.Direction direction = RecurrentLayers.Direction.valueOf(form.direction().name());
        return withCell ? RecurrentLayers.lstm(ElementType.F32, direction, size)
                : RecurrentLayers.gru(ElementType.F32, direction, size, separateBias);
    }

    /** Whether oneDNN has more than its slow reference implementation for it. */
    boolean isFast() {
        return Primitive.implementation(this::primitive).isPresent();
    }

    /** Makes the primitive and puts the weights into its order. */
    Kernel prepare(Constants constants) {
        long[] data = layer.inputSizes(0);
        long hidden = layer.inputSizes(2)[2];
        int directions = form.direction().count();
        Primitive primitive = primitive();
        Tensor w = layer.constant(1).orElseThrow();
        long stateBytes = Float.BYTES * directions * data[1] * hidden;
        Stage.Place zeros = Stage.Place.constant(constants.prepared(w, "zeros of " + stateBytes, stateBytes,
                (s, m) -> NativeMemory.clear(m, stateBytes)));
        boolean interleaved = directions == 2 && layer.hasOutput(0);
        int weights = withCell ? 3 : 2;
        List<Stage.Place> places = new ArrayList<>(List.of(Stage.Place.input(0),
                layer.hasInput(5) ? Stage.Place.input(5) : zeros));
        if (withCell) {
            places.add(layer.hasInput(CELL_INPUT) ? Stage.Place.input(CELL_INPUT) : zeros);
        }
        places.add(Stage.Place.constant(weights(w, primitive.desc(weights), "W", constants)));
        places.add(Stage.Place.constant(weights(layer.constant(2).orElseThrow(), primitive.desc(weights + 1), "R", constants)));
        places.add(Stage.Place.constant(bias(primitive.desc(weights + 2), w, constants)));
        places.add(layer.hasOutput(0) && !interleaved ? Stage.Place.output(0) : Stage.Place.temporary(2 * stateBytes));
        places.add(layer.hasOutput(1) ? Stage.Place.output(1) : Stage.Place.temporary(0));
        if (withCell) {
            places.add(layer.hasOutput(2) ? Stage.Place.output(2) : Stage.Place.temporary(stateBytes));
        }
        List<Stage> stages = new ArrayList<>();
        stages.add(new PrimitiveStage(primitive, places));
        if (interleaved) {
            long[] sizes = {data[0], 2, data[1], hidden};
            stages.add(StridedCopy.of(Float.BYTES, sizes, new long[] {2 * data[1] * hidden, hidden, 2 * hidden, 1},
                    Sizes.strides(sizes), Stage.Place.temporary(2 * stateBytes), Stage.Place.output(0)));
        }
        return new StagedKernel(stages, 2 * stateBytes + Float.BYTES * data[0] * data[1] * directions * hidden);
    }

    /** ONNX's [directions, gates * hidden, features] as [1, directions, features, gates, hidden] in the primitive's layout. */
    private long weights(Tensor tensor, MemoryDesc target, String what, Constants constants) {
        return constants.prepared(tensor, new WeightsForm(what, gates, target), target.bytes(), (source, memory) -> {
            long[] sizes = tensor.sizes();
            int count = gates.size();
            int hidden = (int) (sizes[1] / count);
            int features = (int) sizes[2];
            float[] values = tensor.toFloats();
            MemoryDesc plain = MemoryDesc.rowMajor(ElementType.F32, 1, sizes[0], features, count, hidden);
            try (NativeMemory staging = NativeMemory.allocate(plain.bytes());
                    Primitive reorder = Elementwise.reorder(plain, target);
                    Execution run = reorder.bind(0, staging.address(), memory)) {
                FloatBuffer out = NativeMemory.view(staging.address(), Math.toIntExact(plain.bytes())).asFloatBuffer();
                for (int d = 0; d < sizes[0]; d++) {
                    for (int g = 0; g < count; g++) {
                        for (int h = 0; h < hidden; h++) {
                            int row = ((d * count + gates.get(g)) * hidden + h) * features;
                            for (int f = 0; f < features; f++) {
                                out.put(((d * features + f) * count + g) * hidden + h, values[row + f]);
                            }
                        }
                    }
                }
                run.run();
            }
        });
    }

    /** The sums of the biases of W and R, or zeros. */
    private long bias(MemoryDesc target, Tensor w, Constants constants) {
        Tensor tensor = layer.constant(3).orElse(null);
        return constants.prepared(tensor == null ? w : tensor, new BiasForm(gates, separateBias), target.bytes(), (source, memory) -> {
            NativeMemory.clear(memory, target.bytes());
            if (tensor == null) {
                return;
            }
            float[] values = tensor.toFloats();
            int count = gates.size();
            int entries = count + (separateBias ? 1 : 0);
            int hidden = (int) (tensor.sizes()[1] / (2 * count));
            FloatBuffer out = NativeMemory.view(memory, Math.toIntExact(target.bytes())).asFloatBuffer();
            for (int d = 0; d < tensor.sizes()[0]; d++) {
                for (int g = 0; g < entries; g++) {
                    boolean apart = separateBias && g >= count - 1;
                    int from = (d * 2 * count + (g < count ? gates.get(g) : 2 * count - 1)) * hidden;
                    for (int h = 0; h < hidden; h++) {
                        float value = values[from + h];
                        out.put((d * entries + g) * hidden + h, apart ? value : value + values[from + count * hidden + h]);
                    }
                }
            }
        });
    }
}
