package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.RecipeTactic;
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
import io.firesteel.op.Operator;
import io.firesteel.op.Recurrent;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** LSTM with constant weights and the usual activations. */
final class LstmLayers implements LayerFamily {

    /** Where oneDNN's gates (input, forget, cell, output) are among ONNX's (input, output, forget, cell). */
    private static final int[] GATES = {0, 2, 3, 1};

    /** From here on reading W once outweighs the calls that each step takes. */
    private static final long LARGE_BATCH = 4;

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        return Map.of(Recurrent.LSTM.class, (layer, target) -> offer(layer));
    }

    private static Offer offer(Layer layer) {
        Recurrent.LSTM op = (Recurrent.LSTM) layer.operator();
        String reason = refusal(layer, op);
        if (!reason.isEmpty()) {
            return Offer.none(reason);
        }
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        for (int i : new int[] {0, 5, 6}) {
            if (layer.hasInput(i)) {
                inputs[i] = Target.layout(layer.input(i), TensorFormat.LINEAR, DataType.FLOAT32);
            }
        }
        TensorLayout[] outputs = new TensorLayout[layer.outputCount()];
        for (int i = 0; i < outputs.length; i++) {
            outputs[i] = layer.hasOutput(i) ? Target.layout(layer.output(i), TensorFormat.LINEAR, DataType.FLOAT32) : null;
        }
        boolean large = layer.inputSizes(0)[1] >= LARGE_BATCH;
        return Offer.of(
                new RecipeTactic("lstm:steps", inputs, outputs, (operands, constants) -> new LstmKernel(layer, constants))
                        .cost(large ? 0 : 1),
                new RecipeTactic("lstm:whole", inputs, outputs, (operands, constants) -> prepare(layer, op, constants))
                        .cost(large ? 1 : 0));
    }

    private static String refusal(Layer layer, Recurrent.LSTM op) {
        if (layer.input(0).dataType() != DataType.FLOAT32 || layer.constant(1).isEmpty() || layer.constant(2).isEmpty()
                || layer.isVariable(3)) {
            return "the CPU backend runs LSTM on fp32 with constant weights";
        }
        if (layer.hasInput(4) || layer.hasInput(7) || op.inputForget() || op.form().batchFirst()
                || Float.isFinite(op.form().clip()) || Sizes.product(layer.inputSizes(0)) == 0) {
            return "oneDNN's LSTM has no row lengths, peepholes, coupled gates, clipping or batch-first order";
        }
        for (int i = 0; i < op.form().activations().size(); i++) {
            String name = op.form().activations().get(i).function().name();
            if (!name.equalsIgnoreCase(i % 3 == 0 ? "sigmoid" : "tanh")) {
                return "oneDNN's LSTM has sigmoid and tanh only";
            }
        }
        return "";
    }

    private static Kernel prepare(Layer layer, Recurrent.LSTM op, Constants constants) {
        long[] data = layer.inputSizes(0);
        long hidden = layer.inputSizes(2)[2];
        int directions = op.form().direction().count();
        RecurrentLayers.Size size = new RecurrentLayers.Size(data[0], data[1], data[2], hidden);
        Primitive primitive = RecurrentLayers.lstm(ElementType.F32,
                RecurrentLayers.Direction.valueOf(op.form().direction().name()), size);
        Tensor w = layer.constant(1).orElseThrow();
        long stateBytes = 4 * directions * data[1] * hidden;
        long zeros = constants.prepared(w, "zeros of " + stateBytes, stateBytes, (s, m) -> NativeMemory.clear(m, stateBytes));
        List<Stage> stages = new ArrayList<>();
        boolean interleaved = directions == 2 && layer.hasOutput(0);
        long resultBytes = 4 * data[0] * data[1] * directions * hidden;
        List<Stage.Place> places = new ArrayList<>(List.of(Stage.Place.input(0),
                layer.hasInput(5) ? Stage.Place.input(5) : Stage.Place.constant(zeros),
                layer.hasInput(6) ? Stage.Place.input(6) : Stage.Place.constant(zeros),
                Stage.Place.constant(weights(w, primitive.desc(3), "LSTM W", constants)),
                Stage.Place.constant(weights(layer.constant(2).orElseThrow(), primitive.desc(4), "LSTM R", constants)),
                Stage.Place.constant(bias(layer, primitive.desc(5), w, constants)),
                layer.hasOutput(0) && !interleaved ? Stage.Place.output(0) : Stage.Place.temporary(2 * stateBytes),
                layer.hasOutput(1) ? Stage.Place.output(1) : Stage.Place.temporary(0),
                layer.hasOutput(2) ? Stage.Place.output(2) : Stage.Place.temporary(stateBytes)));
        stages.add(new PrimitiveStage(primitive, places));
        if (interleaved) {
            long[] sizes = {data[0], 2, data[1], hidden};
            stages.add(StridedCopy.of(4, sizes, new long[] {2 * data[1] * hidden, hidden, 2 * hidden, 1}, Sizes.strides(sizes),
                    Stage.Place.temporary(2 * stateBytes), Stage.Place.output(0)));
        }
        return new StagedKernel(stages, 2 * stateBytes + resultBytes);
    }

    private record Form(String what, MemoryDesc target) {}

    /** ONNX's [directions, 4 * hidden, features] as [1, directions, features, 4, hidden] in the primitive's layout. */
    private static long weights(Tensor tensor, MemoryDesc target, String what, Constants constants) {
        return constants.prepared(tensor, new Form(what, target), target.bytes(), (source, memory) -> {
            long[] sizes = tensor.sizes();
            int hidden = (int) (sizes[1] / 4);
            int features = (int) sizes[2];
            float[] values = tensor.toFloats();
            MemoryDesc plain = MemoryDesc.rowMajor(ElementType.F32, 1, sizes[0], features, 4, hidden);
            try (NativeMemory staging = NativeMemory.allocate(plain.bytes());
                    Primitive reorder = Elementwise.reorder(plain, target);
                    Execution run = reorder.bind(0, staging.address(), memory)) {
                FloatBuffer out = NativeMemory.view(staging.address(), Math.toIntExact(plain.bytes())).asFloatBuffer();
                for (int d = 0; d < sizes[0]; d++) {
                    for (int g = 0; g < 4; g++) {
                        for (int h = 0; h < hidden; h++) {
                            int row = ((d * 4 + GATES[g]) * hidden + h) * features;
                            for (int f = 0; f < features; f++) {
                                out.put(((d * features + f) * 4 + g) * hidden + h, values[row + f]);
                            }
                        }
                    }
                }
                run.run();
            }
        });
    }

    /** The sums of the biases of W and R, or zeros. */
    private static long bias(Layer layer, MemoryDesc target, Tensor w, Constants constants) {
        Tensor tensor = layer.constant(3).orElse(null);
        return constants.prepared(tensor == null ? w : tensor, new Form("LSTM bias", target), target.bytes(),
                (source, memory) -> {
                    NativeMemory.clear(memory, target.bytes());
                    if (tensor == null) {
                        return;
                    }
                    float[] values = tensor.toFloats();
                    int hidden = (int) (tensor.sizes()[1] / 8);
                    FloatBuffer out = NativeMemory.view(memory, Math.toIntExact(target.bytes())).asFloatBuffer();
                    for (int i = 0; i < tensor.sizes()[0] * 4 * hidden; i++) {
                        int d = i / (4 * hidden);
                        int from = d * 8 * hidden + GATES[i / hidden % 4] * hidden + i % hidden;
                        out.put(i, values[from] + values[from + 4 * hidden]);
                    }
                });
    }
}
