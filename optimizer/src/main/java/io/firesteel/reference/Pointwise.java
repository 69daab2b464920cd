package io.firesteel.reference;

import io.firesteel.op.Operator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.LongBinaryOperator;

/** Builds evaluators of pointwise operators from functions of one element. */
final class Pointwise {

    private Pointwise() { }

    /** An evaluator that applies a function of doubles to each element and keeps the type. */
    static <O extends Operator> Evaluator<O> unary(Function<O, DoubleUnaryOperator> function) {
        return (operator, in) -> {
            DoubleUnaryOperator f = function.apply(operator);
            Tensor x = in.tensor(0);
            Tensor y = Tensor.zeros(x.dataType(), x.sizes());
            for (long i = 0; i < y.elements(); i++) {
                y.setDouble(i, f.applyAsDouble(x.getDouble(i)));
            }
            return List.of(y);
        };
    }

    /** An evaluator of two broadcast operands: one function for floating-point elements, one for integers. */
    static <O extends Operator> Evaluator<O> binary(Function<DataType, DataType> resultType,
            Function<O, DoubleBinaryOperator> reals, Function<O, LongBinaryOperator> integers) {
        return (operator, in) -> {
            Tensor a = in.tensor(0);
            Tensor b = in.tensor(1);
            long[] sizes = Broadcast.sizes(a.sizes(), b.sizes());
            Tensor y = Tensor.zeros(resultType.apply(a.dataType()), sizes);
            Broadcast left = new Broadcast(a.sizes(), sizes);
            Broadcast right = new Broadcast(b.sizes(), sizes);
            if (a.dataType().isFloatingPoint()) {
                DoubleBinaryOperator f = reals.apply(operator);
                for (long i = 0; i < y.elements(); i++) {
                    y.setDouble(i, f.applyAsDouble(a.getDouble(left.index(i)), b.getDouble(right.index(i))));
                }
            } else {
                LongBinaryOperator f = integers.apply(operator);
                for (long i = 0; i < y.elements(); i++) {
                    y.setLong(i, f.applyAsLong(a.getLong(left.index(i)), b.getLong(right.index(i))));
                }
            }
            return List.of(y);
        };
    }
}
