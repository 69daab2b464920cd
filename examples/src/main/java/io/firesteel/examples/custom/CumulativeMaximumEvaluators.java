package io.firesteel.examples.custom;

import io.firesteel.reference.EvaluationContext;
import io.firesteel.reference.EvaluatorFamily;
import io.firesteel.tensor.Tensor;
import java.util.List;

/** Makes {@link CumulativeMaximum} known and computes it. */
public final class CumulativeMaximumEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(CumulativeMaximum.class, (operator, in) -> List.of(evaluate(operator, in)));
    }

    /** Walks along the axis; the elements of one walk are {@code stride} apart. */
    private static Tensor evaluate(CumulativeMaximum operator, EvaluationContext in) {
        Tensor x = in.tensor(0);
        int axis = (int) (operator.axis() < 0 ? operator.axis() + x.rank() : operator.axis());
        long length = x.size(axis);
        long stride = 1;
        for (int a = axis + 1; a < x.rank(); a++) {
            stride *= x.size(a);
        }
        Tensor y = Tensor.zeros(x.dataType(), x.sizes());
        for (long i = 0; i < x.elements(); i++) {
            boolean isFirst = i / stride % length == 0;
            y.setDouble(i, isFirst ? x.getDouble(i) : Math.max(y.getDouble(i - stride), x.getDouble(i)));
        }
        return y;
    }
}
