package io.firesteel.backend.cpu;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.op.Fused;
import io.firesteel.op.Operator;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** Pointwise operators and chains of them. */
final class PointwiseLayers implements LayerFamily {

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        return Map.of(Fused.PointwiseChain.class,
                (layer, target) -> offer(layer, target, ((Fused.PointwiseChain) layer.operator()).program()));
    }

    /** A single operator as a chain of one. */
    static Offer offer(Layer layer, Target target, PointwiseOperator operator) {
        return offer(layer, target, PointwiseProgram.of(operator));
    }

    private static Offer offer(Layer layer, Target target, PointwiseProgram program) {
        for (int i = 0; i < layer.inputCount(); i++) {
            if (layer.input(i).dataType() != DataType.FLOAT32) {
                return Offer.none("the CPU backend computes pointwise operators on fp32 tensors, input " + i + " is "
                        + layer.input(i));
            }
        }
        if (layer.output(0).dataType() != DataType.FLOAT32 || Sizes.product(layer.outputSizes(0)) == 0) {
            return Offer.none("the CPU backend computes pointwise operators of fp32 results that are not empty");
        }
        DataType compute = target.compute(layer);
        List<Tactic> tactics = new ArrayList<>();
        String reason = "";
        boolean spatial = hasChannelFormats(layer);
        for (TensorFormat format : spatial ? List.of(target.blocked(), TensorFormat.HWC, TensorFormat.LINEAR)
                : List.of(TensorFormat.LINEAR)) {
            PointwiseCompiler compiler = new PointwiseCompiler(layer, program, format, compute);
            reason = compiler.probe();
            if (!reason.isEmpty()) {
                continue;
            }
            TensorLayout output = Target.layout(layer.output(0), format, compute);
            tactics.add(new RecipeTactic("pointwise:" + format, compiler.inputs(), new TensorLayout[] {output},
                    (operands, constants) -> compiler.prepare(constants))
                    .precision(Target.precision(compute))
                    .cost(output.bytes())
                    .inPlace(compiler.inPlace().map(Set::of).orElse(Set.of())));
        }
        return tactics.isEmpty() ? Offer.none(reason) : Offer.of(tactics);
    }

    /**
     * Whether formats other than row-major make sense: with one channel they are row-major, and a constant of the whole shape
     * stays row-major, which oneDNN's binary kernels must not meet in other formats beside broadcast post-operations.
     */
    private static boolean hasChannelFormats(Layer layer) {
        int rank = layer.output(0).shape().rank();
        boolean wholeConstant = IntStream.range(0, layer.inputCount()).anyMatch(i -> layer.constant(i).isPresent()
                && Sizes.product(layer.inputSizes(i)) == Sizes.product(layer.outputSizes(0)));
        return rank >= 3 && rank <= 5 && layer.outputSizes(0)[1] > 1 && !wholeConstant;
    }
}
