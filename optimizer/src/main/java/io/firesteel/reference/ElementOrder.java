package io.firesteel.reference;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;

/**
 * Order of a tensor's elements as 64-bit keys that compare as signed numbers: -0 equals 0, and what is not a number comes
 * last.
 */
final class ElementOrder {

    private ElementOrder() { }

    /** The key of an element. */
    static long key(Tensor tensor, long index) {
        DataType type = tensor.dataType();
        if (type.isFloatingPoint()) {
            long bits = Double.doubleToLongBits(tensor.getDouble(index) + 0.0);
            return bits < 0 ? bits ^ Long.MAX_VALUE : bits;
        }
        return type == DataType.UINT64 ? tensor.getLong(index) ^ Long.MIN_VALUE : tensor.getLong(index);
    }
}
