package io.firesteel.backend.cpu;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.Normalizations;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.op.Operator;
import io.firesteel.op.Softmaxes;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Softmax and layer normalization of row-major tensors. */
final class NormalizationLayers implements LayerFamily {

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        return Map.of(
                Softmaxes.Softmax.class, (layer, target) -> softmax(layer, target, ((Softmaxes.Softmax) layer.operator()).axis(), false),
                Softmaxes.LogSoftmax.class,
                (layer, target) -> softmax(layer, target, ((Softmaxes.LogSoftmax) layer.operator()).axis(), true),
                io.firesteel.op.Normalizations.LayerNormalization.class, NormalizationLayers::layerNormalization);
    }

    private static Offer softmax(Layer layer, Target target, long axis, boolean logarithm) {
        DataType compute = target.compute(layer);
        long[] sizes = layer.inputSizes(0);
        if (layer.input(0).dataType() != DataType.FLOAT32 || sizes.length == 0 || Sizes.product(sizes) == 0) {
            return Offer.none("the CPU backend computes the softmax of fp32 tensors");
        }
        int at = (int) (axis < 0 ? axis + sizes.length : axis);
        MemoryDesc desc = MemoryDesc.rowMajor(Target.elementType(compute).orElseThrow(), Sizes.product(sizes, 0, at), sizes[at],
                Sizes.product(sizes, at + 1, sizes.length));
        MemoryDesc flat = at == sizes.length - 1 ? MemoryDesc.rowMajor(desc.type(), Sizes.product(sizes, 0, at), sizes[at]) : desc;
        return offer(layer, compute, "softmax", () -> Normalizations.softmax(logarithm, flat, flat, 1, List.of()), List.of());
    }

    private static Offer layerNormalization(Layer layer, Target target) {
        var op = (io.firesteel.op.Normalizations.LayerNormalization) layer.operator();
        DataType compute = target.compute(layer);
        long[] sizes = layer.inputSizes(0);
        int axis = (int) (op.axis() < 0 ? op.axis() + sizes.length : op.axis());
        long width = Sizes.product(sizes, axis, sizes.length);
        if (layer.input(0).dataType() != DataType.FLOAT32 || layer.hasOutput(1) || layer.hasOutput(2)
                || Sizes.product(sizes) == 0) {
            return Offer.none("the CPU backend normalizes fp32 tensors and does not give the statistics");
        }
        List<Integer> parameters = new ArrayList<>();
        for (int i = 1; i <= 2; i++) {
            if (layer.hasInput(i)) {
                if (layer.constant(i).isEmpty() || layer.constant(i).get().elements() != width) {
                    return Offer.none("scale and bias must be constants of one element for each normalized place");
                }
                parameters.add(i);
            }
        }
        MemoryDesc desc = MemoryDesc.rowMajor(Target.elementType(compute).orElseThrow(), Sizes.product(sizes, 0, axis), width);
        return offer(layer, compute, "layer_normalization", () -> Normalizations.layerNormalization(desc, desc, op.epsilon(),
                layer.hasInput(1), layer.hasInput(2), List.of()), parameters);
    }

    private static Offer offer(Layer layer, DataType compute, String name, Supplier<Primitive> primitive, List<Integer> parameters) {
        try (Primitive probe = primitive.get()) {
            TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
            inputs[0] = Target.layout(layer.input(0), TensorFormat.LINEAR, compute);
            TensorLayout[] outputs = new TensorLayout[layer.outputCount()];
            outputs[0] = Target.layout(layer.output(0), TensorFormat.LINEAR, compute);
            return Offer.of(new RecipeTactic(name + ":" + probe.implementation(), inputs, outputs, (operands, constants) -> {
                List<Stage.Place> places = new ArrayList<>(List.of(Stage.Place.input(0), Stage.Place.output(0)));
                parameters.forEach(p -> places.add(Stage.Place.constant(constants.linear(layer.constant(p).orElseThrow()))));
                return new StagedKernel(new PrimitiveStage(primitive.get(), places));
            }).precision(Target.precision(compute)).inPlace(Set.of(0)));
        } catch (FiresteelException e) {
            if (!e.code().equals("CPU_UNSUPPORTED")) {
                throw e;
            }
            return Offer.none("oneDNN has no fast kernel for this " + name);
        }
    }
}
