package io.firesteel.pass.simplify;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Arithmetic;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * Multiplies by the reciprocal of a small constant instead of dividing by it; products are cheaper and fold into weights.
 *
 * <pre>
 * x / c   ->   x * (1/c)
 * </pre>
 *
 * Only for FLOAT32 and FLOAT64, and only where every reciprocal is a normal number of the type.
 */
public final class ReplaceDivisionByProduct implements Rule {

    private static final long ELEMENT_LIMIT = 1 << 16;

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!(node.operator() instanceof Arithmetic.Div) || graph.constant(node.input(0)).isPresent()) {
            return Optional.empty();
        }
        return graph.constant(node.input(1)).flatMap(ReplaceDivisionByProduct::reciprocal).map(reciprocal -> {
            Patch.Builder patch = Patch.on(graph).remove(node);
            String factor = patch.constant(node.input(1) + "/reciprocal", reciprocal);
            return patch.put(new Arithmetic.Mul(), List.of(node.input(0), factor), node.outputs()).build();
        });
    }

    private static Optional<Tensor> reciprocal(Tensor divisor) {
        if (divisor.dataType() != DataType.FLOAT32 && divisor.dataType() != DataType.FLOAT64 || divisor.elements() > ELEMENT_LIMIT) {
            return Optional.empty();
        }
        double smallest = divisor.dataType() == DataType.FLOAT32 ? Float.MIN_NORMAL : Double.MIN_NORMAL;
        Tensor reciprocal = Tensor.zeros(divisor.dataType(), divisor.sizes());
        for (long i = 0; i < divisor.elements(); i++) {
            reciprocal.setDouble(i, 1 / divisor.getDouble(i));
            double value = Math.abs(reciprocal.getDouble(i));
            if (!(value >= smallest) || Double.isInfinite(value)) {
                return Optional.empty();
            }
        }
        return Optional.of(reciprocal);
    }
}
