package io.firesteel.reference;

import io.firesteel.op.Conversions;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.List;

/** Evaluators of {@link Conversions}. */
public final class ConversionEvaluators implements EvaluatorFamily {

    private static final int DOUBLE_BITS = 53;

    @Override
    public void register(Registry registry) {
        registry.add(Conversions.Cast.class, (op, in) -> List.of(cast(in.tensor(0), op.to())));
        registry.add(Conversions.BitCast.class, (op, in) -> List.of(bitCast(in.tensor(0), op.to())));
    }

    /** The tensor converted to another element type. */
    static Tensor cast(Tensor x, DataType to) {
        DataType from = x.dataType();
        if (from == to) {
            return x;
        }
        Tensor y = Tensor.zeros(to, x.sizes());
        if (from.isFloatingPoint()) {
            for (long i = 0; i < x.elements(); i++) {
                y.setDouble(i, x.getDouble(i));
            }
        } else if (!to.isFloatingPoint()) {
            for (long i = 0; i < x.elements(); i++) {
                y.setLong(i, x.getLong(i));
            }
        } else if (to == DataType.FLOAT64 || from.bytes() < Long.BYTES) {
            for (long i = 0; i < x.elements(); i++) {
                y.setDouble(i, x.getDouble(i));
            }
        } else {
            for (long i = 0; i < x.elements(); i++) {
                y.setDouble(i, roundToOdd(x.getLong(i), from == DataType.UINT64));
            }
        }
        return y;
    }

    // The double is rounded again to a narrower type, which is right only if the first rounding keeps a sticky bit.
    private static double roundToOdd(long value, boolean unsigned) {
        boolean negative = value < 0 && !unsigned;
        long magnitude = negative ? -value : value;
        int excess = Long.SIZE - Long.numberOfLeadingZeros(magnitude) - DOUBLE_BITS;
        double result = magnitude;
        if (excess > 0) {
            long lost = magnitude & (1L << excess) - 1;
            result = Math.scalb((double) (magnitude >>> excess | (lost == 0 ? 0 : 1)), excess);
        }
        return negative ? -result : result;
    }

    private static Tensor bitCast(Tensor x, DataType to) {
        ByteBuffer[] segments = x.segments();
        return Tensor.wrapSegments(to, x.sizes(), segments.length == 0 ? new ByteBuffer[] {ByteBuffer.allocate(0)} : segments);
    }
}
