package io.firesteel.backend.reference;

import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.memory.NativeMemory;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;

/** Copies a tensor in host memory from one layout to another, element by element, converting the element type. */
final class LayoutCopy {

    private LayoutCopy() { }

    /** Copies all elements; the padding of a blocked target that stands alone is set to zero. */
    static void copy(TensorLayout from, long source, TensorLayout to, long target) {
        if (!from.isSlice() && from.equals(to)) {
            NativeMemory.copy(source, target, from.bytes());
            return;
        }
        if (to.format().isBlocked() && !to.isSlice()) {
            NativeMemory.clear(target, to.bytes());
        }
        Tensor input = span(from, source);
        Tensor output = span(to, target);
        long[] sizes = from.sizes();
        long[] index = new long[sizes.length];
        long count = from.type().shape().elements();
        boolean floating = from.dataType().isFloatingPoint() || to.dataType().isFloatingPoint();
        for (long i = 0; i < count; i++) {
            long at = position(from, index);
            long goal = position(to, index);
            if (floating) {
                output.setDouble(goal, input.getDouble(at));
            } else {
                output.setLong(goal, input.getLong(at));
            }
            for (int axis = sizes.length - 1; axis >= 0 && ++index[axis] == sizes[axis]; axis--) {
                index[axis] = 0;
            }
        }
    }

    private static long position(TensorLayout layout, long[] index) {
        long[] strides = layout.strides();
        TensorFormat format = layout.format();
        long at = 0;
        for (int axis = 0; axis < index.length; axis++) {
            if (axis == 1 && format.isBlocked()) {
                at += index[1] / format.block() * strides[1] + index[1] % format.block();
            } else {
                at += index[axis] * strides[axis];
            }
        }
        return at;
    }

    /** All memory from the first to the last element as a flat tensor. */
    private static Tensor span(TensorLayout layout, long address) {
        long[] last = layout.sizes();
        for (int axis = 0; axis < last.length; axis++) {
            if (last[axis] == 0) {
                return Tensor.zeros(layout.dataType(), 0);
            }
            last[axis]--;
        }
        return flat(layout.dataType(), position(layout, last) + 1, address);
    }

    private static Tensor flat(DataType type, long elements, long address) {
        return HostTensors.view(TensorType.of(type, elements), address);
    }
}
