package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.op.Normalizations;
import io.firesteel.op.Operator;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Normalizations with given statistics, and across neighbouring channels. */
final class ChannelKernels implements KernelFamily {

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        return Map.of(Normalizations.BatchNormalization.class, ChannelKernels::batchNormalization,
                Normalizations.PerActivationBatchNormalization.class, ChannelKernels::perActivation,
                Normalizations.LRN.class, ChannelKernels::localResponse);
    }

    private static Offer batchNormalization(Layer layer, KernelTarget target) {
        String epsilon = CudaTypes.literal(((Normalizations.BatchNormalization) layer.operator()).epsilon(), layer.input(0).dataType());
        return normalized(layer, target, "c1", epsilon);
    }

    private static Offer perActivation(Layer layer, KernelTarget target) {
        String epsilon = CudaTypes.literal(((Normalizations.PerActivationBatchNormalization) layer.operator()).epsilon(),
                layer.input(0).dataType());
        StringBuilder places = new StringBuilder();
        for (int i = 1; i < layer.input(0).shape().rank(); i++) {
            places.append(i == 1 ? "" : ", ").append('c').append(i);
        }
        return normalized(layer, target, places.toString(), epsilon);
    }

    private static List<TensorFormat> formats(Layer layer) {
        return layer.input(0).shape().rank() >= 3 ? List.of(TensorFormat.LINEAR, TensorFormat.HWC) : List.of(TensorFormat.LINEAR);
    }

    private static Offer normalized(Layer layer, KernelTarget target, String place, String epsilon) {
        if (layer.output(0).shape().elements() == 0) {
            return Offer.none("the result is empty");
        }
        String at = layer.input(0).shape().rank() < 2 ? "0" : place;
        List<Tactic> tactics = new ArrayList<>();
        for (TensorFormat format : formats(layer)) {
            TensorLayout data = CudaTypes.layout(layer, layer.input(0), format);
            TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
            inputs[0] = data;
            for (int i = 1; i < inputs.length; i++) {
                inputs[i] = TensorLayout.linear(layer.input(i));
            }
            tactics.add(target.tactic("batchNormalization:" + format, inputs, new TensorLayout[] {data},
                    (operands, constants) -> {
                        ElementSource source = new ElementSource("batchNormalization", data.sizes())
                                .output("y", 0, operands.outputs().get(0)).input("x", 0, operands.inputs().get(0));
                        for (int i = 1; i < 5; i++) {
                            source.input("p" + i, i, operands.inputs().get(i));
                        }
                        return KernelSequence.of(source.line("set_y((x(%1$s) - p3(%2$s)) * (p1(%2$s) / f_sqrt(p4(%2$s) + %3$s)) + p2(%2$s),"
                                + " %1$s);", source.here(), at, epsilon).call());
                    }).precision(CudaTypes.precision(layer)).slices(i -> true, i -> true));
        }
        return Offer.of(tactics);
    }

    private static Offer localResponse(Layer layer, KernelTarget target) {
        Normalizations.LRN op = (Normalizations.LRN) layer.operator();
        DataType type = layer.input(0).dataType();
        long before = (op.size() - 1) / 2;
        long after = op.size() - 1 - before;
        List<Tactic> tactics = new ArrayList<>();
        for (TensorFormat format : formats(layer)) {
            TensorLayout data = CudaTypes.layout(layer, layer.input(0), format);
            tactics.add(target.tactic("lrn:" + format, new TensorLayout[] {data}, new TensorLayout[] {data},
                    (operands, constants) -> {
                        ElementSource source = new ElementSource("lrn", data.sizes()).output("y", 0, operands.outputs().get(0))
                                .input("x", 0, operands.inputs().get(0));
                        source.line("const index_t first = c1 < %1$d ? 0 : c1 - %1$d;", before)
                                .line("const index_t end = c1 + %1$d >= %2$d ? %2$d : c1 + %1$d + 1;", after, data.sizes()[1])
                                .line("%s square = 0;", CudaTypes.math(type))
                                .line("for (index_t k = first; k < end; ++k) { const auto v = x(%s); square += v * v; }",
                                        source.here().replace("c1", "k"))
                                .line("set_y(x(%s) / f_pow(%s + %s * square, %s), %s);", source.here(), CudaTypes.literal(op.bias(), type),
                                        CudaTypes.literal(op.alpha() / op.size(), type), CudaTypes.literal(op.beta(), type), source.here());
                        return KernelSequence.of(source.call());
                    }).precision(CudaTypes.precision(layer)).slices(i -> true, i -> true));
        }
        return Offer.of(tactics);
    }
}
