package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.BinaryFunction;
import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.Elementwise;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.Normalizations;
import io.firesteel.backend.cpu.onednn.PostOp;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.op.Operator;
import io.firesteel.op.Softmaxes;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Softmax and normalizations of row-major tensors. */
final class NormalizationLayers implements LayerFamily {

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        return Map.of(
                Softmaxes.Softmax.class, (layer, target) -> softmax(layer, target, ((Softmaxes.Softmax) layer.operator()).axis(), false),
                Softmaxes.LogSoftmax.class,
                (layer, target) -> softmax(layer, target, ((Softmaxes.LogSoftmax) layer.operator()).axis(), true),
                io.firesteel.op.Normalizations.LayerNormalization.class, NormalizationLayers::layerNormalization,
                io.firesteel.op.Normalizations.RMSNormalization.class, NormalizationLayers::rmsNormalization,
                io.firesteel.op.Normalizations.InstanceNormalization.class,
                (layer, target) -> channels(layer, target, layer.inputSizes(0)[1],
                        ((io.firesteel.op.Normalizations.InstanceNormalization) layer.operator()).epsilon()),
                io.firesteel.op.Normalizations.GroupNormalization.class, (layer, target) -> {
                    var op = (io.firesteel.op.Normalizations.GroupNormalization) layer.operator();
                    return channels(layer, target, op.groups(), op.epsilon());
                });
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

    private static Offer rmsNormalization(Layer layer, Target target) {
        var op = (io.firesteel.op.Normalizations.RMSNormalization) layer.operator();
        DataType compute = target.compute(layer);
        long[] sizes = layer.inputSizes(0);
        int axis = (int) (op.axis() < 0 ? op.axis() + sizes.length : op.axis());
        long width = Sizes.product(sizes, axis, sizes.length);
        if (layer.input(0).dataType() != DataType.FLOAT32 || Sizes.product(sizes) == 0 || layer.constant(1).isEmpty()
                || layer.constant(1).get().elements() != width) {
            return Offer.none("the CPU backend normalizes fp32 tensors with a constant scale of one element for each normalized place");
        }
        MemoryDesc desc = MemoryDesc.rowMajor(Target.elementType(compute).orElseThrow(), Sizes.product(sizes, 0, axis), width);
        return offer(layer, compute, "rms_normalization",
                () -> Normalizations.rootMeanSquareNormalization(desc, desc, op.epsilon(), true), List.of(1));
    }

    /** Groups of channels as rows, then each channel's scale and bias. */
    private static Offer channels(Layer layer, Target target, long groups, float epsilon) {
        long[] sizes = layer.inputSizes(0);
        boolean parameters = layer.constant(1).isPresent() && layer.constant(2).isPresent()
                && layer.constant(1).get().elements() == sizes[1] && layer.constant(2).get().elements() == sizes[1];
        if (layer.input(0).dataType() != DataType.FLOAT32 || target.compute(layer) != DataType.FLOAT32 || Sizes.product(sizes) == 0
                || !parameters) {
            return Offer.none("the CPU backend normalizes channels in fp32, with a constant scale and bias for each");
        }
        MemoryDesc rows = MemoryDesc.rowMajor(ElementType.F32, sizes[0] * groups, Sizes.product(sizes, 1, sizes.length) / groups);
        MemoryDesc planes = MemoryDesc.rowMajor(ElementType.F32, sizes[0], sizes[1], Sizes.product(sizes, 2, sizes.length));
        MemoryDesc channel = MemoryDesc.rowMajor(ElementType.F32, 1, sizes[1], 1);
        Supplier<Primitive> normalize = () -> Normalizations.layerNormalization(rows, rows, epsilon, false, false, List.of());
        Supplier<Primitive> rescale = () -> Elementwise.binary(BinaryFunction.MUL, planes, channel, planes,
                List.of(new PostOp.Binary(BinaryFunction.ADD, channel)));
        Optional<String> first = Primitive.implementation(normalize);
        Optional<String> second = Primitive.implementation(rescale);
        if (first.isEmpty() || second.isEmpty()) {
            return Offer.none("oneDNN has no fast kernel for this normalization of channels");
        }
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        inputs[0] = Target.layout(layer.input(0), TensorFormat.LINEAR, DataType.FLOAT32);
        TensorLayout[] outputs = {Target.layout(layer.output(0), TensorFormat.LINEAR, DataType.FLOAT32)};
        String name = "channel_normalization:" + first.get() + "+" + second.get();
        return Offer.of(new RecipeTactic(name, inputs, outputs, (operands, constants) -> new StagedKernel(List.of(
                new PrimitiveStage(normalize.get(), List.of(Stage.Place.input(0), Stage.Place.output(0))),
                new PrimitiveStage(rescale.get(), List.of(Stage.Place.output(0), parameter(layer, 1, constants),
                        Stage.Place.output(0), parameter(layer, 2, constants)))), 0)).inPlace(Set.of(0)));
    }

    private static Stage.Place parameter(Layer layer, int input, Constants constants) {
        return Stage.Place.constant(constants.linear(layer.constant(input).orElseThrow()));
    }

    private static Offer offer(Layer layer, DataType compute, String name, Supplier<Primitive> primitive, List<Integer> parameters) {
        Optional<String> implementation = Primitive.implementation(primitive);
        if (implementation.isEmpty()) {
            return Offer.none("oneDNN has no fast kernel for this " + name);
        }
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        inputs[0] = Target.layout(layer.input(0), TensorFormat.LINEAR, compute);
        TensorLayout[] outputs = new TensorLayout[layer.outputCount()];
        outputs[0] = Target.layout(layer.output(0), TensorFormat.LINEAR, compute);
        return Offer.of(new RecipeTactic(name + ":" + implementation.get(), inputs, outputs, (operands, constants) -> {
            List<Stage.Place> places = new ArrayList<>(List.of(Stage.Place.input(0), Stage.Place.output(0)));
            parameters.forEach(p -> places.add(parameter(layer, p, constants)));
            return new StagedKernel(new PrimitiveStage(primitive.get(), places));
        }).precision(Target.precision(compute)).inPlace(Set.of(0)));
    }
}
