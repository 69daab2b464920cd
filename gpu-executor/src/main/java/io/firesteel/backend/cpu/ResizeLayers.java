package io.firesteel.backend.cpu;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.Poolings;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.op.Operator;
import io.firesteel.op.Resampling;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Interpolation over the spatial axes, linear or nearest, where oneDNN's coordinates are the model's. */
final class ResizeLayers implements LayerFamily {

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        return Map.of(Resampling.Resize.class, ResizeLayers::offer);
    }

    private static Offer offer(Layer layer, Target target) {
        if (layer.input(0).dataType() != DataType.FLOAT32 || !layer.isVariable(0)) {
            return Offer.none("the CPU backend resizes fp32 tensors, not " + layer.input(0));
        }
        Optional<Boolean> linear = interpolatesLinearly(layer, (Resampling.Resize) layer.operator());
        if (linear.isEmpty()) {
            return Offer.none("oneDNN has no interpolation with these coordinates");
        }
        DataType compute = target.compute(layer);
        List<Tactic> tactics = new ArrayList<>();
        for (TensorFormat format : List.of(target.blocked(), TensorFormat.HWC, TensorFormat.LINEAR)) {
            TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
            inputs[0] = Target.layout(layer.input(0), format, compute);
            TensorLayout output = Target.layout(layer.output(0), format, compute);
            Primitive.implementation(() -> Poolings.resample(linear.get(), Target.desc(inputs[0]), Target.desc(output), List.of()))
                    .map(implementation -> new RecipeTactic(implementation + ":" + format, inputs, new TensorLayout[] {output},
                            (operands, constants) -> new StagedKernel(new PrimitiveStage(Poolings.resample(linear.get(),
                                    Target.desc(operands.inputs().get(0)), Target.desc(operands.outputs().get(0)), List.of()),
                                    List.of(Stage.Place.input(0), Stage.Place.output(0)))))
                            .precision(Target.precision(compute))
                            .cost(output.bytes()))
                    .ifPresent(tactics::add);
        }
        return tactics.isEmpty() ? Offer.none("oneDNN has no fast kernel for this interpolation") : Offer.of(tactics);
    }

    /** Whether oneDNN's linear interpolation, else its nearest neighbour, computes a layer; empty where neither does. */
    static Optional<Boolean> interpolatesLinearly(Layer layer, Resampling.Resize op) {
        Resampling.Interpolation how = op.interpolation();
        long[] in = layer.inputSizes(0);
        long[] out = layer.outputSizes(0);
        if (in.length < 3 || in.length > 5 || in[0] != out[0] || in[1] != out[1] || how.antialias()) {
            return Optional.empty();
        }
        long[] resized = op.axes().stream().mapToLong(a -> in[(int) (a < 0 ? a + in.length : a)]).toArray();
        double[] factors = op.factors(resized);
        boolean wholeFactors = true;
        boolean single = false;
        for (int i = 0; i < factors.length; i++) {
            int axis = (int) (op.axes().get(i) < 0 ? op.axes().get(i) + in.length : op.axes().get(i));
            if (in[axis] == 0 || out[axis] == 0 || Math.abs(factors[i] * in[axis] - out[axis]) > 1e-6 * out[axis]) {
                return Optional.empty();
            }
            wholeFactors &= out[axis] % in[axis] == 0;
            single |= out[axis] == 1 && in[axis] > 1;
        }
        boolean centres = how.transformation() == Resampling.CoordinateTransformation.HALF_PIXEL
                || how.transformation() == Resampling.CoordinateTransformation.PYTORCH_HALF_PIXEL && !single;
        if (how.mode() == Resampling.Mode.LINEAR) {
            return centres ? Optional.of(true) : Optional.empty();
        }
        // Halfway between two elements oneDNN takes the second. With whole factors no position lies there.
        boolean corners = how.transformation() == Resampling.CoordinateTransformation.ASYMMETRIC
                && how.nearest() == Resampling.NearestMode.FLOOR;
        boolean nearestCentres = centres && (how.nearest() == Resampling.NearestMode.ROUND_PREFER_FLOOR
                || how.nearest() == Resampling.NearestMode.ROUND_PREFER_CEIL);
        return how.mode() == Resampling.Mode.NEAREST && wholeFactors && (corners || nearestCentres) ? Optional.of(false) : Optional.empty();
    }
}
