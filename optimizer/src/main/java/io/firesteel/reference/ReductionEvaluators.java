package io.firesteel.reference;

import io.firesteel.op.Reduction;
import io.firesteel.op.Reductions;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.Function;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;

/** Evaluators of {@link Reductions}: floating-point elements in double, integers in 64 bits. */
public final class ReductionEvaluators implements EvaluatorFamily {

    /** How floating-point elements are reduced: where it starts, how an element joins, and what is made of the end. */
    private record Reals(double start, DoubleBinaryOperator join, Finish finish) { }

    @FunctionalInterface
    private interface Finish {
        double apply(double joined, double count);
    }

    /** How integers of one type are reduced. */
    private record Integers(long start, LongBinaryOperator join, Divide finish) { }

    @FunctionalInterface
    private interface Divide {
        long apply(long joined, long count);
    }

    @Override
    public void register(Registry registry) {
        registry.add(Reductions.ReduceSum.class, evaluator(new Reals(0, Double::sum, (a, n) -> a), t -> sum(x -> x)));
        registry.add(Reductions.ReduceMean.class, evaluator(new Reals(0, Double::sum, (a, n) -> a / n),
                t -> new Integers(0, Long::sum, t == DataType.UINT64 ? Long::divideUnsigned : (a, n) -> a / n)));
        registry.add(Reductions.ReduceMax.class, evaluator(new Reals(Double.NEGATIVE_INFINITY, Math::max, (a, n) -> a),
                ReductionEvaluators::max));
        registry.add(Reductions.ReduceMin.class, evaluator(new Reals(Double.POSITIVE_INFINITY, Math::min, (a, n) -> a),
                ReductionEvaluators::min));
        registry.add(Reductions.ReduceProd.class, evaluator(new Reals(1, (a, x) -> a * x, (a, n) -> a),
                t -> new Integers(1, (a, x) -> a * x, (a, n) -> a)));
        registry.add(Reductions.ReduceL1.class, evaluator(new Reals(0, (a, x) -> a + Math.abs(x), (a, n) -> a),
                t -> t == DataType.UINT64 ? sum(x -> x) : sum(Math::abs)));
        registry.add(Reductions.ReduceSumSquare.class, evaluator(new Reals(0, (a, x) -> a + x * x, (a, n) -> a), t -> sum(x -> x * x)));
        registry.add(Reductions.ReduceL2.class, evaluator(new Reals(0, (a, x) -> a + x * x, (a, n) -> Math.sqrt(a)), t -> null));
        registry.add(Reductions.ReduceLogSum.class, evaluator(new Reals(0, Double::sum, (a, n) -> Math.log(a)), t -> null));
        registry.add(Reductions.ReduceLogSumExp.class, ReductionEvaluators::logSumExp);
    }

    private static Integers sum(LongUnaryOperator term) {
        return new Integers(0, (a, x) -> a + term.applyAsLong(x), (a, n) -> a);
    }

    private static Integers max(DataType type) {
        return type == DataType.UINT64 ? new Integers(0, (a, x) -> Long.compareUnsigned(a, x) >= 0 ? a : x, (a, n) -> a)
                : new Integers(type.isUnsigned() || type == DataType.BOOL ? 0 : -1L << type.bytes() * 8 - 1, Math::max, (a, n) -> a);
    }

    private static Integers min(DataType type) {
        return type == DataType.UINT64 ? new Integers(-1, (a, x) -> Long.compareUnsigned(a, x) <= 0 ? a : x, (a, n) -> a)
                : new Integers(type == DataType.BOOL ? 1 : type.isUnsigned() ? (1L << type.bytes() * 8) - 1
                        : -1L >>> 65 - type.bytes() * 8, Math::min, (a, n) -> a);
    }

    private static <O extends Reduction> Evaluator<O> evaluator(Reals reals, Function<DataType, Integers> integers) {
        return (op, in) -> {
            Tensor x = in.tensor(0);
            Integers exact = x.dataType().isFloatingPoint() ? null : integers.apply(x.dataType());
            return exact == null ? reals(op, in, reals) : integers(op, in, exact);
        };
    }

    private static List<HostValue> reals(Reduction op, EvaluationContext in, Reals reals) {
        Tensor x = in.tensor(0);
        boolean[] reduced = reduced(op, in);
        double[] joined = join(x, kept(x, reduced), reals.start(), null, reals.join());
        double count = count(x, reduced);
        for (int i = 0; i < joined.length; i++) {
            joined[i] = reals.finish().apply(joined[i], count);
        }
        return List.of(Elements.tensor(x.dataType(), result(op, x, reduced), joined));
    }

    private static List<HostValue> logSumExp(Reduction op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        boolean[] reduced = reduced(op, in);
        long[] kept = kept(x, reduced);
        double[] largest = join(x, kept, Double.NEGATIVE_INFINITY, null, Math::max);
        double[] finite = Arrays.stream(largest).map(m -> Double.isInfinite(m) ? 0 : m).toArray();
        double[] joined = join(x, kept, 0, finite, (a, v) -> a + Math.exp(v));
        for (int i = 0; i < joined.length; i++) {
            joined[i] = Math.log(joined[i]) + finite[i];
        }
        return List.of(Elements.tensor(x.dataType(), result(op, x, reduced), joined));
    }

    /** Joins each element, less what {@code shift} has for its place, to its place in the result. */
    private static double[] join(Tensor x, long[] kept, double start, double[] shift, DoubleBinaryOperator join) {
        double[] result = new double[Math.toIntExact(Elements.product(kept))];
        Arrays.fill(result, start);
        double[] values = Elements.read(x);
        BroadcastRuns runs = new BroadcastRuns(x.sizes(), kept);
        int length = (int) runs.length();
        runs.forEach((at, starts) -> {
            int from = (int) at;
            int to = (int) starts[0];
            if (runs.step(0) == 1) {
                for (int i = 0; i < length; i++) {
                    double value = values[from + i];
                    result[to + i] = join.applyAsDouble(result[to + i], shift == null ? value : value - shift[to + i]);
                }
            } else {
                double sum = result[to];
                double less = shift == null ? 0 : shift[to];
                for (int i = 0; i < length; i++) {
                    sum = join.applyAsDouble(sum, values[from + i] - less);
                }
                result[to] = sum;
            }
        });
        return result;
    }

    private static List<HostValue> integers(Reduction op, EvaluationContext in, Integers integers) {
        Tensor x = in.tensor(0);
        boolean[] reduced = reduced(op, in);
        long[] kept = kept(x, reduced);
        long[] joined = new long[Math.toIntExact(Elements.product(kept))];
        Arrays.fill(joined, integers.start());
        BroadcastRuns runs = new BroadcastRuns(x.sizes(), kept);
        runs.forEach((at, starts) -> {
            int to = (int) starts[0];
            for (long i = at; i < at + runs.length(); i++, to += runs.step(0)) {
                joined[to] = integers.join().applyAsLong(joined[to], x.getLong(i));
            }
        });
        long count = (long) count(x, reduced);
        Tensor y = Tensor.zeros(x.dataType(), result(op, x, reduced));
        for (int i = 0; i < joined.length; i++) {
            y.setLong(i, integers.finish().apply(joined[i], count));
        }
        return List.of(y);
    }

    private static boolean[] reduced(Reduction op, EvaluationContext in) {
        int rank = in.tensor(0).rank();
        long[] axes = in.hasInput(1) ? in.tensor(1).toLongs() : op.axes().stream().mapToLong(Long::longValue).toArray();
        boolean[] reduced = new boolean[rank];
        if (axes.length == 0) {
            Arrays.fill(reduced, !op.noopWithEmptyAxes());
        }
        for (long axis : axes) {
            long normalized = axis < 0 ? axis + rank : axis;
            if (normalized < 0 || normalized >= rank) {
                throw in.error("axis " + axis + " is out of range for rank " + rank);
            }
            reduced[(int) normalized] = true;
        }
        return reduced;
    }

    private static long[] kept(Tensor x, boolean[] reduced) {
        long[] sizes = x.sizes();
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = reduced[i] ? 1 : sizes[i];
        }
        return sizes;
    }

    private static double count(Tensor x, boolean[] reduced) {
        double count = 1;
        for (int i = 0; i < reduced.length; i++) {
            count *= reduced[i] ? x.size(i) : 1;
        }
        return count;
    }

    private static long[] result(Reduction op, Tensor x, boolean[] reduced) {
        long[] kept = kept(x, reduced);
        if (op.keepDims()) {
            return kept;
        }
        long[] sizes = new long[kept.length];
        int rank = 0;
        for (int i = 0; i < kept.length; i++) {
            if (!reduced[i]) {
                sizes[rank++] = kept[i];
            }
        }
        return Arrays.copyOf(sizes, rank);
    }
}
