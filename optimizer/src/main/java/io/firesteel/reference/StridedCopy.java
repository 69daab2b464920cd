package io.firesteel.reference;

import io.firesteel.tensor.Tensor;
import java.util.Arrays;

/** Copies elements between strided views of tensors, bits unchanged, in the longest runs that lie together in both. */
final class StridedCopy {

    /**
     * Elements of a tensor picked by position: {@code offset} plus, for each axis, its stride times the index along it.
     *
     * @param tensor holds the elements
     * @param offset of the first one
     * @param strides one for each axis, in elements
     */
    record View(Tensor tensor, long offset, long[] strides) {

        /** All elements in order. */
        static View of(Tensor tensor) {
            return new View(tensor, 0, StridedCopy.strides(tensor.sizes()));
        }
    }

    private final Tensor from;
    private final Tensor to;
    private final long[] sizes;
    private final long[] fromStrides;
    private final long[] toStrides;
    private final int axes;

    private StridedCopy(long[] sizes, View from, View to) {
        this.from = from.tensor;
        this.to = to.tensor;
        this.sizes = new long[sizes.length + 1];
        this.fromStrides = new long[sizes.length + 1];
        this.toStrides = new long[sizes.length + 1];
        int n = 0;
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] == 1) {
                continue;
            }
            if (n > 0 && fromStrides[n - 1] == from.strides[i] * sizes[i] && toStrides[n - 1] == to.strides[i] * sizes[i]) {
                this.sizes[n - 1] *= sizes[i];
                fromStrides[n - 1] = from.strides[i];
                toStrides[n - 1] = to.strides[i];
            } else {
                this.sizes[n] = sizes[i];
                fromStrides[n] = from.strides[i];
                toStrides[n] = to.strides[i];
                n++;
            }
        }
        if (n == 0) {
            this.sizes[0] = 1;
            n = 1;
        }
        axes = n;
    }

    /** Copies as many elements as {@code sizes} says, which both views' axes have. */
    static void copy(long[] sizes, View from, View to) {
        if (Arrays.stream(sizes).noneMatch(s -> s == 0)) {
            new StridedCopy(sizes, from, to).copy(0, from.offset, to.offset);
        }
    }

    private void copy(int axis, long fromOffset, long toOffset) {
        long fromStride = fromStrides[axis];
        long toStride = toStrides[axis];
        if (axis < axes - 1) {
            for (long i = 0; i < sizes[axis]; i++) {
                copy(axis + 1, fromOffset + i * fromStride, toOffset + i * toStride);
            }
        } else if (fromStride == 1 && toStride == 1) {
            to.copy(toOffset, from, fromOffset, sizes[axis]);
        } else {
            for (long i = 0; i < sizes[axis]; i++) {
                to.copy(toOffset + i * toStride, from, fromOffset + i * fromStride);
            }
        }
    }

    /** The strides of a dense row-major tensor. */
    static long[] strides(long[] sizes) {
        long[] strides = new long[sizes.length];
        long stride = 1;
        for (int i = sizes.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= sizes[i];
        }
        return strides;
    }

    /** The product of the sizes from one axis (inclusive) to another (exclusive). */
    static long product(long[] sizes, int start, int end) {
        long product = 1;
        for (int i = start; i < end; i++) {
            product *= sizes[i];
        }
        return product;
    }

    /** A new tensor with every element a copy of one element. */
    static Tensor filled(Tensor element, long... sizes) {
        Tensor tensor = Tensor.zeros(element.dataType(), sizes);
        if (tensor.elements() > 0) {
            tensor.copy(0, element, 0);
            for (long done = 1; done < tensor.elements(); done *= 2) {
                tensor.copy(done, tensor, 0, Math.min(done, tensor.elements() - done));
            }
        }
        return tensor;
    }

    /** A tensor with elements of its own, equal to those of another. */
    static Tensor duplicate(Tensor tensor) {
        Tensor copy = Tensor.zeros(tensor.dataType(), tensor.sizes());
        copy.copy(0, tensor, 0, tensor.elements());
        return copy;
    }

    /** A position that may count from the end, checked. */
    static long position(long index, long size) {
        long position = index < 0 ? index + size : index;
        if (position < 0 || position >= size) {
            throw new IndexOutOfBoundsException("index " + index + " is out of range for size " + size);
        }
        return position;
    }

    /** An axis that may count from the end, checked. */
    static int axis(long axis, int rank) {
        return (int) position(axis, rank);
    }
}
