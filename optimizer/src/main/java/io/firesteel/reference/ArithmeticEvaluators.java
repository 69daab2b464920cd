package io.firesteel.reference;

import io.firesteel.op.Arithmetic;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.List;

/** Evaluators of {@link Arithmetic}. */
public final class ArithmeticEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Arithmetic.Add.class, Pointwise.arithmetic((a, i, di, b, j, dj, y, k, n) -> {
            for (int end = k + n; k < end; i += di, j += dj) {
                y[k++] = a[i] + b[j];
            }
        }, Double::sum, Long::sum, Long::sum));
        registry.add(Arithmetic.Sub.class, Pointwise.arithmetic((a, i, di, b, j, dj, y, k, n) -> {
            for (int end = k + n; k < end; i += di, j += dj) {
                y[k++] = a[i] - b[j];
            }
        }, (a, b) -> a - b, (a, b) -> a - b, (a, b) -> a - b));
        registry.add(Arithmetic.Mul.class, Pointwise.arithmetic((a, i, di, b, j, dj, y, k, n) -> {
            for (int end = k + n; k < end; i += di, j += dj) {
                y[k++] = a[i] * b[j];
            }
        }, (a, b) -> a * b, (a, b) -> a * b, (a, b) -> a * b));
        registry.add(Arithmetic.Div.class, Pointwise.arithmetic((a, i, di, b, j, dj, y, k, n) -> {
            for (int end = k + n; k < end; i += di, j += dj) {
                y[k++] = a[i] / b[j];
            }
        }, (a, b) -> a / b, (a, b) -> a / b, Long::divideUnsigned));
        registry.add(Arithmetic.Min.class, Pointwise.arithmetic((a, i, di, b, j, dj, y, k, n) -> {
            for (int end = k + n; k < end; i += di, j += dj) {
                y[k++] = Math.min(a[i], b[j]);
            }
        }, Math::min, Math::min, (a, b) -> Long.compareUnsigned(a, b) <= 0 ? a : b));
        registry.add(Arithmetic.Max.class, Pointwise.arithmetic((a, i, di, b, j, dj, y, k, n) -> {
            for (int end = k + n; k < end; i += di, j += dj) {
                y[k++] = Math.max(a[i], b[j]);
            }
        }, Math::max, Math::max, (a, b) -> Long.compareUnsigned(a, b) >= 0 ? a : b));
        registry.add(Arithmetic.Mod.class, Pointwise.binary(t -> t,
                op -> op.fmod() ? (a, b) -> a % b : ArithmeticEvaluators::floorMod,
                op -> op.fmod() ? (a, b) -> a % b : Math::floorMod,
                op -> Long::remainderUnsigned));
        registry.add(Arithmetic.Pow.class, (op, in) -> pow(in.tensor(0), in.tensor(1)));
    }

    private static double floorMod(double a, double b) {
        double remainder = a % b;
        return remainder != 0 && remainder < 0 != b < 0 ? remainder + b : remainder;
    }

    private static List<HostValue> pow(Tensor a, Tensor b) {
        long[] sizes = Broadcast.sizes(a.sizes(), b.sizes());
        Tensor y = Tensor.zeros(a.dataType(), sizes);
        BroadcastRuns runs = new BroadcastRuns(sizes, a.sizes(), b.sizes());
        boolean exact = !a.dataType().isFloatingPoint() && !b.dataType().isFloatingPoint();
        boolean unsignedExponent = b.dataType() == DataType.UINT64;
        runs.forEach((at, starts) -> {
            long i = starts[0];
            long j = starts[1];
            for (long k = at; k < at + runs.length(); k++, i += runs.step(0), j += runs.step(1)) {
                if (exact) {
                    y.setLong(k, pow(a.getLong(i), b.getLong(j), unsignedExponent));
                } else {
                    y.setDouble(k, pow(a.getDouble(i), b.getDouble(j)));
                }
            }
        });
        return List.of(y);
    }

    /** As C's pow: 1 to any power is 1, and so is -1 to an infinite one. */
    private static double pow(double base, double exponent) {
        if (exponent == 2) {
            return base * base;
        }
        return base == 1 || base == -1 && Double.isInfinite(exponent) ? 1 : Math.pow(base, exponent);
    }

    private static long pow(long base, long exponent, boolean unsignedExponent) {
        if (exponent < 0 && !unsignedExponent) {
            if (base == 0) {
                throw new ArithmeticException("0 to a negative power");
            }
            return base == 1 ? 1 : base == -1 ? (exponent & 1) == 0 ? 1 : -1 : 0;
        }
        long result = 1;
        for (long square = base, left = exponent; left != 0; left >>>= 1, square *= square) {
            if ((left & 1) != 0) {
                result *= square;
            }
        }
        return result;
    }
}
