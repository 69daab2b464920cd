package io.firesteel.reference;

import io.firesteel.op.Comparisons;
import io.firesteel.op.Logic;
import io.firesteel.op.Operator;
import io.firesteel.tensor.DataType;
import java.util.function.DoubleBinaryOperator;
import java.util.function.IntPredicate;
import java.util.function.LongBinaryOperator;

/** Evaluators of {@link Comparisons} and {@link Logic}. */
public final class ComparisonEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Comparisons.Equal.class, comparison((a, b) -> a == b ? 1 : 0, order -> order == 0));
        registry.add(Comparisons.Less.class, comparison((a, b) -> a < b ? 1 : 0, order -> order < 0));
        registry.add(Comparisons.LessOrEqual.class, comparison((a, b) -> a <= b ? 1 : 0, order -> order <= 0));
        registry.add(Comparisons.Greater.class, comparison((a, b) -> a > b ? 1 : 0, order -> order > 0));
        registry.add(Comparisons.GreaterOrEqual.class, comparison((a, b) -> a >= b ? 1 : 0, order -> order >= 0));

        registry.add(Logic.And.class, bits((a, b) -> a & b));
        registry.add(Logic.Or.class, bits((a, b) -> a | b));
        registry.add(Logic.Xor.class, bits((a, b) -> a ^ b));
        registry.add(Logic.BitwiseAnd.class, bits((a, b) -> a & b));
        registry.add(Logic.BitwiseOr.class, bits((a, b) -> a | b));
        registry.add(Logic.BitwiseXor.class, bits((a, b) -> a ^ b));
        registry.add(Logic.Not.class, Pointwise.unary(op -> x -> x == 0 ? 1 : 0, op -> x -> x == 0 ? 1 : 0));
        registry.add(Logic.BitwiseNot.class, Pointwise.unary(op -> x -> x, op -> x -> ~x));
        registry.add(Logic.BitShift.class, Pointwise.binary(t -> t, op -> (a, b) -> Double.NaN,
                op -> op.left() ? (a, b) -> isShift(b) ? a << b : 0 : (a, b) -> isShift(b) ? a >>> b : 0));
    }

    private static boolean isShift(long bits) {
        return bits >= 0 && bits < Long.SIZE;
    }

    private static <O extends Operator> Evaluator<O> comparison(DoubleBinaryOperator reals, IntPredicate order) {
        return Pointwise.binary(t -> DataType.BOOL, op -> reals, op -> (a, b) -> order.test(Long.compare(a, b)) ? 1 : 0,
                op -> (a, b) -> order.test(Long.compareUnsigned(a, b)) ? 1 : 0);
    }

    private static <O extends Operator> Evaluator<O> bits(LongBinaryOperator integers) {
        return Pointwise.binary(t -> t, op -> (a, b) -> Double.NaN, op -> integers);
    }
}
