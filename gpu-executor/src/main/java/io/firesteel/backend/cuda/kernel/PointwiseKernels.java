package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.op.Fused;
import io.firesteel.op.Operator;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Pointwise operators and chains of them. */
final class PointwiseKernels implements KernelFamily {

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        return Map.of(Fused.PointwiseChain.class,
                (layer, target) -> offer(layer, target, ((Fused.PointwiseChain) layer.operator()).program()));
    }

    /** The offer for a layer of any pointwise operator. */
    static Offer offer(Layer layer, KernelTarget target, PointwiseOperator operator) {
        List<DataType> types = new ArrayList<>();
        for (int i = 0; i < layer.inputCount(); i++) {
            types.add(layer.input(i).dataType());
        }
        return offer(layer, target, PointwiseExpression.of(operator, types).program());
    }

    private static Offer offer(Layer layer, KernelTarget target, PointwiseProgram program) {
        List<DataType> types = new ArrayList<>();
        for (int i = 0; i < layer.inputCount(); i++) {
            types.add(layer.input(i).dataType());
        }
        PointwiseExpression expression = new PointwiseExpression(program, types);
        if (!expression.refusal().isEmpty() || layer.output(0).shape().elements() == 0) {
            return Offer.none(expression.refusal().isEmpty() ? "the result is empty" : expression.refusal());
        }
        List<Tactic> tactics = new ArrayList<>();
        tactics.add(tactic(layer, target, expression, TensorFormat.LINEAR));
        if (layer.output(0).shape().rank() >= 3) {
            tactics.add(tactic(layer, target, expression, TensorFormat.HWC));
        }
        return Offer.of(tactics);
    }

    private static Tactic tactic(Layer layer, KernelTarget target, PointwiseExpression expression, TensorFormat format) {
        int rank = layer.output(0).shape().rank();
        TensorLayout output = CudaTypes.layout(layer, layer.output(0), format);
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        Set<Integer> inPlace = new HashSet<>();
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = operand(layer, i, rank, format);
            if (layer.isVariable(i) && inputs[i].equals(output)) {
                inPlace.add(i);
            }
        }
        return target.tactic("pointwise:" + format, inputs, new TensorLayout[] {output},
                (operands, constants) -> KernelSequence.of(PointwiseSource.call(expression, operands.inputs(),
                        operands.outputs().get(0))))
                .precision(CudaTypes.precision(layer)).inPlace(inPlace).slices(i -> true, i -> true);
    }

    /** Operands of the result's rank come in its format; constants and those of lower rank come row-major. */
    static TensorLayout operand(Layer layer, int index, int rank, TensorFormat format) {
        if (layer.constant(index).isPresent()) {
            return TensorLayout.linear(layer.input(index));
        }
        return CudaTypes.layout(layer, layer.input(index), layer.input(index).shape().rank() == rank ? format : TensorFormat.LINEAR);
    }
}
