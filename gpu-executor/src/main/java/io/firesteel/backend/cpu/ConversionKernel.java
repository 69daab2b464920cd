package io.firesteel.backend.cpu;

import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.Stream;
import io.firesteel.backend.TensorLayout;
import io.firesteel.memory.NativeMemory;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.nio.ByteBuffer;

/** Layout conversions of element types that oneDNN does not have, element by element. */
final class ConversionKernel implements Kernel {

    private final TensorLayout from;
    private final TensorLayout to;

    private ConversionKernel(TensorLayout from, TensorLayout to) {
        this.from = from;
        this.to = to;
    }

    static Kernel between(TensorLayout from, TensorLayout to) {
        return new ConversionKernel(from, to);
    }

    @Override
    public String implementation() {
        return "java:convert";
    }

    @Override
    public Launch bind(Stream stream, long[] inputs, long[] outputs, long scratch) {
        long count = Sizes.product(from.sizes());
        if (count == 0) {
            return () -> { };
        }
        Tensor source = view(from, inputs[0]);
        Tensor target = view(to, outputs[0]);
        boolean integers = !from.dataType().isFloatingPoint() && !to.dataType().isFloatingPoint();
        return () -> convert(source, target, integers);
    }

    private void convert(Tensor source, Tensor target, boolean integers) {
        long[] sizes = from.sizes();
        long count = Sizes.product(sizes);
        if (to.format().isBlocked() && !to.isSlice()) {
            for (long i = 0; i < target.elements(); i++) {
                target.setLong(i, 0);
            }
        }
        long[] index = new long[sizes.length];
        for (long i = 0; i < count; i++) {
            long a = offset(from, index);
            long b = offset(to, index);
            if (integers) {
                target.setLong(b, source.getLong(a));
            } else {
                target.setDouble(b, source.getDouble(a));
            }
            for (int axis = sizes.length - 1; axis >= 0 && ++index[axis] == sizes[axis]; axis--) {
                index[axis] = 0;
            }
        }
    }

    private static long offset(TensorLayout layout, long[] index) {
        long[] strides = layout.strides();
        long offset = 0;
        for (int i = 0; i < index.length; i++) {
            if (i == 1 && layout.format().isBlocked()) {
                int block = layout.format().block();
                offset += index[1] / block * strides[1] + index[1] % block;
            } else {
                offset += index[i] * strides[i];
            }
        }
        return offset;
    }

    /** The memory up to the last element that the layout reaches, as a flat tensor. */
    private static Tensor view(TensorLayout layout, long address) {
        long[] last = layout.sizes();
        for (int i = 0; i < last.length; i++) {
            last[i]--;
        }
        if (layout.format().isBlocked()) {
            last[1] = last[1] / layout.format().block() * layout.format().block() + layout.format().block() - 1;
        }
        long elements = offset(layout, last) + 1;
        DataType type = layout.dataType();
        long bytes = elements * type.bytes();
        int segment = 1 << 30;
        ByteBuffer[] parts = new ByteBuffer[(int) ((bytes + segment - 1) / segment)];
        for (int i = 0; i < parts.length; i++) {
            long start = (long) i * segment;
            parts[i] = NativeMemory.view(address + start, (int) Math.min(segment, bytes - start));
        }
        return Tensor.wrapSegments(type, new long[] {elements}, parts);
    }
}
