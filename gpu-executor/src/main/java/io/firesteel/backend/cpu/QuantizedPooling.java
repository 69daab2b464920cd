package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.Activation;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.Poolings;
import io.firesteel.backend.cpu.onednn.PostOp;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.backend.cpu.onednn.Window;
import io.firesteel.op.Pooling;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.op.Resampling;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The mean, the largest or an interpolation of bytes, brought to the result's scale before it is rounded. */
record QuantizedPooling(Layer layer, Quantized op, Reading reading) implements QuantizedLayers.Problem {

    /** What is computed of the bytes before they are scaled. */
    @FunctionalInterface
    private interface Reading {
        Primitive primitive(MemoryDesc source, MemoryDesc destination, List<PostOp> postOps);
    }

    static Optional<QuantizedLayers.Problem> of(Layer layer, Quantized op) {
        if (layer.input(0).shape().rank() < 3 || layer.input(0).shape().rank() > 5 || !QuantizedLayers.areOfBytes(op.inputs().get(0))
                || !QuantizedLayers.areOfBytes(op.output()) || layer.input(0).dataType() != layer.output(0).dataType()) {
            return Optional.empty();
        }
        long[] in = layer.inputSizes(0);
        long[] plane = Arrays.copyOfRange(in, 2, in.length);
        if (op.layer() instanceof Pooling.GlobalAveragePool || op.layer() instanceof Pooling.GlobalMaxPool) {
            return Optional.of(pooling(layer, op, op.layer() instanceof Pooling.GlobalMaxPool ? Poolings.Pool.MAX : Poolings.Pool.AVERAGE,
                    plane, Window.uniform(plane.length, 1, 0)));
        }
        if (op.layer() instanceof Resampling.Resize resize) {
            return ResizeLayers.interpolatesLinearly(layer, resize).map(linear -> new QuantizedPooling(layer, op,
                    (source, destination, postOps) -> Poolings.resample(linear, source, destination, postOps)));
        }
        if (!(op.layer() instanceof Pooling.AveragePool average)) {
            return Optional.empty();
        }
        Optional<Window> window = PoolingLayers.window(layer, average.window(), average.countIncludePad());
        boolean padded = average.window().padsBegin().stream().anyMatch(p -> p != 0) || average.window().padsEnd().stream().anyMatch(p -> p != 0);
        boolean countsZeros = average.countIncludePad() && padded;
        return window.filter(w -> !countsZeros || op.inputs().get(0).orElseThrow().isSymmetric())
                .map(w -> pooling(layer, op, average.countIncludePad() ? Poolings.Pool.AVERAGE_WITH_PADDING : Poolings.Pool.AVERAGE,
                        Sizes.of(average.window().kernel()), w));
    }

    private static QuantizedPooling pooling(Layer layer, Quantized op, Poolings.Pool pool, long[] kernel, Window window) {
        return new QuantizedPooling(layer, op, (source, destination, postOps) ->
                Poolings.pool(pool, source, destination, kernel, window, postOps));
    }

    private List<PostOp> postOps() {
        QuantizationParameters from = op.inputs().get(0).orElseThrow();
        QuantizationParameters to = op.output().orElseThrow();
        double factor = (double) from.scales().get(0) / to.scales().get(0);
        double addend = to.zeroPoint(0) - from.zeroPoint(0) * factor;
        return factor == 1 && addend == 0 ? List.of()
                : List.of(new PostOp.Apply(new Activation(Activation.Kind.LINEAR, (float) factor, (float) addend)));
    }

    @Override
    public Primitive probe(TensorLayout from, TensorLayout to, int inPlace) {
        return reading.primitive(Target.desc(from), Target.desc(to), postOps());
    }

    @Override
    public Kernel prepare(Operands operands, Constants constants) {
        return new StagedKernel(new PrimitiveStage(probe(operands.inputs().get(0), operands.outputs().get(0), operands.inPlaceInput()),
                List.of(Stage.Place.input(0), Stage.Place.output(0))));
    }
}
