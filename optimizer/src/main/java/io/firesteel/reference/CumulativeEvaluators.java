package io.firesteel.reference;

import io.firesteel.op.CumulativeOperators;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.LongBinaryOperator;

/** Evaluators of {@link CumulativeOperators}. */
public final class CumulativeEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(CumulativeOperators.CumSum.class,
                (op, in) -> scan(in, op.exclusive(), op.reverse(), 0, Double::sum, Long::sum));
        registry.add(CumulativeOperators.CumProd.class,
                (op, in) -> scan(in, op.exclusive(), op.reverse(), 1, (a, x) -> a * x, (a, x) -> a * x));
    }

    private static List<HostValue> scan(EvaluationContext in, boolean exclusive, boolean reverse, int start,
            DoubleBinaryOperator reals, LongBinaryOperator integers) {
        Tensor x = in.tensor(0);
        long axis = in.tensor(1).getLong(0);
        axis = axis < 0 ? axis + x.rank() : axis;
        if (axis < 0 || axis >= x.rank()) {
            throw in.error("axis " + in.tensor(1).getLong(0) + " is out of range for rank " + x.rank());
        }
        long size = x.size((int) axis);
        long inner = 1;
        for (int i = (int) axis + 1; i < x.rank(); i++) {
            inner *= x.size(i);
        }
        Tensor y = Tensor.zeros(x.dataType(), x.sizes());
        boolean real = x.dataType().isFloatingPoint();
        long lanes = x.elements() == 0 ? 0 : x.elements() / size;
        for (long lane = 0; lane < lanes; lane++) {
            long first = lane / inner * inner * size + lane % inner;
            double sum = start;
            long exact = start;
            for (long k = 0; k < size; k++) {
                long at = first + (reverse ? size - 1 - k : k) * inner;
                if (real) {
                    double next = reals.applyAsDouble(sum, x.getDouble(at));
                    y.setDouble(at, exclusive ? sum : next);
                    sum = next;
                } else {
                    long next = integers.applyAsLong(exact, x.getLong(at));
                    y.setLong(at, exclusive ? exact : next);
                    exact = next;
                }
            }
        }
        return List.of(y);
    }
}
