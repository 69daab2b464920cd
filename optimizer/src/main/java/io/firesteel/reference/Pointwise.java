package io.firesteel.reference;

import io.firesteel.op.Operator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;

/** Builds evaluators of pointwise operators from functions of one element. */
final class Pointwise {

    private static final long ARRAY_LIMIT = 1L << 28;

    private Pointwise() { }

    /** An evaluator that applies a function of doubles to each element and keeps the type. */
    static <O extends Operator> Evaluator<O> unary(Function<O, DoubleUnaryOperator> function) {
        return (operator, in) -> List.of(reals(in.tensor(0), in.tensor(0).dataType(), function.apply(operator)));
    }

    /** An evaluator that keeps the type: one function for floating-point elements, one for integers. */
    static <O extends Operator> Evaluator<O> unary(Function<O, DoubleUnaryOperator> reals, Function<O, LongUnaryOperator> integers) {
        return (operator, in) -> {
            Tensor x = in.tensor(0);
            return List.of(x.dataType().isFloatingPoint() ? reals(x, x.dataType(), reals.apply(operator))
                    : integers(x, integers.apply(operator)));
        };
    }

    /** An evaluator of a property of each floating-point element: the result is bool, 1 or 0 as the function says. */
    static <O extends Operator> Evaluator<O> property(Function<O, DoubleUnaryOperator> function) {
        return (operator, in) -> List.of(reals(in.tensor(0), DataType.BOOL, function.apply(operator)));
    }

    private static Tensor reals(Tensor x, DataType result, DoubleUnaryOperator f) {
        if (Floats.fit(x) && result == DataType.FLOAT32) {
            float[] values = x.toFloats();
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) f.applyAsDouble(values[i]);
            }
            return Floats.tensor(x.sizes(), values);
        }
        Tensor y = Tensor.zeros(result, x.sizes());
        for (long i = 0; i < y.elements(); i++) {
            y.setDouble(i, f.applyAsDouble(x.getDouble(i)));
        }
        return y;
    }

    private static Tensor integers(Tensor x, LongUnaryOperator f) {
        Tensor y = Tensor.zeros(x.dataType(), x.sizes());
        for (long i = 0; i < y.elements(); i++) {
            y.setLong(i, f.applyAsLong(x.getLong(i)));
        }
        return y;
    }

    /** An evaluator of two broadcast operands: one function for floating-point elements, one for integers. */
    static <O extends Operator> Evaluator<O> binary(Function<DataType, DataType> resultType,
            Function<O, DoubleBinaryOperator> reals, Function<O, LongBinaryOperator> integers) {
        return binary(resultType, reals, integers, integers);
    }

    /**
     * An evaluator of two broadcast operands.
     *
     * @param resultType the result's element type for operands of a type
     * @param reals the function for floating-point elements
     * @param integers the function for integers but UINT64
     * @param unsigned the function for UINT64, on 64 bits without sign
     */
    static <O extends Operator> Evaluator<O> binary(Function<DataType, DataType> resultType,
            Function<O, DoubleBinaryOperator> reals, Function<O, LongBinaryOperator> integers,
            Function<O, LongBinaryOperator> unsigned) {
        return (operator, in) -> {
            Tensor a = in.tensor(0);
            Tensor b = in.tensor(1);
            DataType type = resultType.apply(a.dataType());
            if (a.dataType().isFloatingPoint()) {
                return reals(type, a, b, reals.apply(operator));
            }
            return integers(type, a, b, (a.dataType() == DataType.UINT64 ? unsigned : integers).apply(operator));
        };
    }

    /** An evaluator of arithmetic that keeps the operands' type, with a loop of its own for FLOAT32. */
    static <O extends Operator> Evaluator<O> arithmetic(Floats.Loop loop, DoubleBinaryOperator reals, LongBinaryOperator integers,
            LongBinaryOperator unsigned) {
        Evaluator<O> general = binary(t -> t, op -> reals, op -> integers, op -> unsigned);
        return (operator, in) -> fitFloats(in.tensor(0), in.tensor(1)) ? floats(in.tensor(0), in.tensor(1), loop)
                : general.evaluate(operator, in);
    }

    private static boolean fitFloats(Tensor a, Tensor b) {
        return Floats.fit(a) && Floats.fit(b)
                && Shape.of(Broadcast.sizes(a.sizes(), b.sizes())).elements() <= ARRAY_LIMIT;
    }

    private static List<HostValue> floats(Tensor a, Tensor b, Floats.Loop loop) {
        long[] sizes = Broadcast.sizes(a.sizes(), b.sizes());
        BroadcastRuns runs = new BroadcastRuns(sizes, a.sizes(), b.sizes());
        float[] left = a.toFloats();
        float[] right = b.toFloats();
        float[] y = new float[(int) Shape.of(sizes).elements()];
        runs.forEach((at, starts) -> loop.run(left, (int) starts[0], runs.step(0), right, (int) starts[1], runs.step(1), y, (int) at,
                (int) runs.length()));
        return List.of(Floats.tensor(sizes, y));
    }

    private static List<HostValue> reals(DataType type, Tensor a, Tensor b, DoubleBinaryOperator f) {
        if (type == DataType.FLOAT32 && fitFloats(a, b)) {
            return floats(a, b, (x, i, di, y, j, dj, z, k, n) -> {
                for (int end = k + n; k < end; i += di, j += dj) {
                    z[k++] = (float) f.applyAsDouble(x[i], y[j]);
                }
            });
        }
        long[] sizes = Broadcast.sizes(a.sizes(), b.sizes());
        Tensor y = Tensor.zeros(type, sizes);
        BroadcastRuns runs = new BroadcastRuns(sizes, a.sizes(), b.sizes());
        runs.forEach((at, starts) -> {
            long i = starts[0];
            long j = starts[1];
            for (long k = at; k < at + runs.length(); k++, i += runs.step(0), j += runs.step(1)) {
                y.setDouble(k, f.applyAsDouble(a.getDouble(i), b.getDouble(j)));
            }
        });
        return List.of(y);
    }

    private static List<HostValue> integers(DataType type, Tensor a, Tensor b, LongBinaryOperator f) {
        long[] sizes = Broadcast.sizes(a.sizes(), b.sizes());
        Tensor y = Tensor.zeros(type, sizes);
        BroadcastRuns runs = new BroadcastRuns(sizes, a.sizes(), b.sizes());
        runs.forEach((at, starts) -> {
            long i = starts[0];
            long j = starts[1];
            for (long k = at; k < at + runs.length(); k++, i += runs.step(0), j += runs.step(1)) {
                y.setLong(k, f.applyAsLong(a.getLong(i), b.getLong(j)));
            }
        });
        return List.of(y);
    }
}
