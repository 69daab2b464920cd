package io.firesteel.backend.cpu;

import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.Stream;
import io.firesteel.memory.NativeMemory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A pointwise function on row-major tensors, row by row, operands broadcast.
 *
 * @param row computes a row of the result
 * @param sizes those of the result, axes that lie alike in all tensors merged; the last one is the row
 * @param strides bytes between neighbours of each operand along each axis, 0 where it is broadcast; the result's last
 * @param bytes of each tensor, the result's last
 */
record BroadcastKernel(Row row, int[] sizes, int[][] strides, int[] bytes) implements Kernel {

    /** Computes a row. */
    @FunctionalInterface
    interface Row {

        /** @param count elements of the row; the result's are contiguous */
        void run(Cursor[] inputs, Cursor output, int count);
    }

    /** A position in a tensor and the bytes from one element of the row to the next. */
    static final class Cursor {
        final ByteBuffer buffer;
        final int step;
        int at;

        Cursor(ByteBuffer buffer, int step) {
            this.buffer = buffer;
            this.step = step;
        }
    }

    /** The kernel of a layer with one output, which is not empty. */
    static BroadcastKernel of(Layer layer, Row row) {
        long[] shape = layer.outputSizes(0);
        int tensors = layer.inputCount() + 1;
        int[] bytes = new int[tensors];
        long[][] from = new long[tensors][];
        for (int t = 0; t < tensors; t++) {
            boolean output = t == layer.inputCount();
            long[] own = Sizes.ofRank(output ? shape : layer.inputSizes(t), shape.length);
            int element = (output ? layer.output(0) : layer.input(t)).dataType().bytes();
            from[t] = Sizes.strides(own);
            for (int axis = 0; axis < own.length; axis++) {
                from[t][axis] = own[axis] == 1 ? 0 : from[t][axis] * element;
            }
            bytes[t] = Math.toIntExact(Sizes.product(own) * element);
        }
        List<long[]> axes = new ArrayList<>();
        for (int axis = 0; axis < shape.length; axis++) {
            if (shape[axis] == 1) {
                continue;
            }
            long[] last = axes.isEmpty() ? null : axes.get(axes.size() - 1);
            boolean merges = last != null;
            for (int t = 0; merges && t < tensors; t++) {
                merges = last[t + 1] == from[t][axis] * shape[axis];
            }
            long[] entry = merges ? last : new long[tensors + 1];
            entry[0] = merges ? last[0] * shape[axis] : shape[axis];
            for (int t = 0; t < tensors; t++) {
                entry[t + 1] = from[t][axis];
            }
            if (!merges) {
                axes.add(entry);
            }
        }
        if (axes.isEmpty()) {
            long[] one = new long[tensors + 1];
            one[0] = 1;
            axes.add(one);
        }
        int[] sizes = axes.stream().mapToInt(a -> Math.toIntExact(a[0])).toArray();
        int[][] strides = new int[tensors][sizes.length];
        for (int t = 0; t < tensors; t++) {
            for (int axis = 0; axis < sizes.length; axis++) {
                strides[t][axis] = Math.toIntExact(axes.get(axis)[t + 1]);
            }
        }
        return new BroadcastKernel(row, sizes, strides, bytes);
    }

    @Override
    public String implementation() {
        return "java:rows";
    }

    @Override
    public Launch bind(Stream stream, long[] inputs, long[] outputs, long scratch) {
        Cursor[] all = new Cursor[inputs.length + 1];
        Cursor[] operands = new Cursor[inputs.length];
        for (int t = 0; t < all.length; t++) {
            long address = t < inputs.length ? inputs[t] : outputs[0];
            all[t] = new Cursor(NativeMemory.view(address, bytes[t]), strides[t][sizes.length - 1]);
        }
        System.arraycopy(all, 0, operands, 0, operands.length);
        return () -> run(all, operands, 0);
    }

    private void run(Cursor[] all, Cursor[] operands, int axis) {
        if (axis == sizes.length - 1) {
            row.run(operands, all[operands.length], sizes[axis]);
            return;
        }
        for (int i = 0; i < sizes[axis]; i++) {
            run(all, operands, axis + 1);
            advance(all, axis, 1);
        }
        advance(all, axis, -sizes[axis]);
    }

    private void advance(Cursor[] all, int axis, int count) {
        for (int t = 0; t < all.length; t++) {
            all[t].at += count * strides[t][axis];
        }
    }
}
