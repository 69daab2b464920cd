package io.firesteel.engine;

import io.firesteel.backend.Stream;
import io.firesteel.backend.SummaryRequest;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.memory.NativeMemory;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.nio.IntBuffer;

/** Hands the elements of tensors to an observer in blocks, whatever their layout. Used by one thread. */
final class ActivationReader {

    private static final int BLOCK = SummaryRequest.BLOCK;
    private static final int SHORT_RUN = 16;

    private final int[] block = new int[BLOCK];
    private final ActivationObserver observer;
    private int value;
    private int filled;
    private long copiedBytes;

    ActivationReader(ActivationObserver observer) {
        this.observer = observer;
    }

    /**
     * Reads the first part of a tensor along one axis.
     *
     * @param index the value's index, for the observer
     * @param axis the axis that counts rows
     * @param limit how many elements of that axis are read
     * @param hostMemory whether {@code address} is of the host
     */
    void read(int index, TensorLayout layout, long address, int axis, long limit, Stream stream, boolean hostMemory) {
        value = index;
        if (hostMemory) {
            read(layout, address, axis, limit);
            return;
        }
        long bytes = span(layout) * layout.dataType().bytes();
        copiedBytes += bytes;
        try (NativeMemory staging = NativeMemory.allocate(Math.max(1, bytes))) {
            stream.copyOut(address, NativeMemory.view(staging.address(), Math.toIntExact(bytes)));
            stream.synchronize();
            read(layout, staging.address(), axis, limit);
        }
    }

    /** Bytes of activations that were copied from the device. */
    long copiedBytes() {
        return copiedBytes;
    }

    /** Reads the first part of a host tensor. */
    void read(int index, Tensor tensor, int axis, long limit) {
        value = index;
        long[] sizes = tensor.sizes();
        long inner = 1;
        for (int i = axis + 1; i < sizes.length; i++) {
            inner *= sizes[i];
        }
        for (long i = 0; i < tensor.elements(); i++) {
            if (i / inner % sizes[axis] < limit) {
                add(Float.floatToRawIntBits((float) tensor.getDouble(i)));
            }
        }
        flush();
    }

    private void read(TensorLayout layout, long address, int axis, long limit) {
        if (layout.dataType() != DataType.FLOAT32) {
            Tensor tensor = Tensor.zeros(layout.dataType(), layout.sizes());
            tensor.buffer().put(NativeMemory.view(address, Math.toIntExact(layout.bytes())));
            read(value, tensor, axis, limit);
            return;
        }
        IntBuffer memory = NativeMemory.view(address, Math.toIntExact(span(layout) * Integer.BYTES)).asIntBuffer();
        long[] sizes = layout.sizes();
        long[] strides = layout.strides();
        sizes[axis] = limit;
        if (!layout.format().isBlocked()) {
            runs(memory, order(sizes, layout.format()), order(strides, layout.format()), 0);
        } else {
            int size = layout.format().block();
            long tail = sizes[1] % size;
            runs(memory, blocked(sizes, sizes[1] / size, size), blocked(strides, strides[1], 1), 0);
            runs(memory, blocked(sizes, tail == 0 ? 0 : 1, tail), blocked(strides, strides[1], 1),
                    Math.toIntExact(sizes[1] / size * strides[1]));
        }
        flush();
        SummaryRequest request = new SummaryRequest(0, 1, axis, limit, observer.channelAxis(value));
        if (request.sumsChannels() && (!layout.format().isBlocked() || request.channelAxis() == 1)) {
            new ChannelReader(layout, request).read(memory, limit, (sums, positions) -> observer.channels(value, sums, positions));
        }
    }

    /** Elements from the first one of a tensor to the end of its last one, padding of channels included. */
    private static long span(TensorLayout layout) {
        long[] sizes = layout.sizes();
        long[] strides = layout.strides();
        int block = layout.format().block();
        long last = block == 0 ? 0 : block - 1;
        for (int i = 0; i < sizes.length; i++) {
            long steps = block > 0 && i == 1 ? (sizes[1] + block - 1) / block : sizes[i];
            if (steps == 0) {
                return 0;
            }
            last += (steps - 1) * strides[i];
        }
        return last + 1;
    }

    /** One entry for each axis, outermost first. */
    private static long[] order(long[] axes, TensorFormat format) {
        if (format == TensorFormat.LINEAR) {
            return axes;
        }
        long[] ordered = axes.clone();
        System.arraycopy(axes, 2, ordered, 1, axes.length - 2);
        ordered[axes.length - 1] = axes[1];
        return ordered;
    }

    private static long[] blocked(long[] axes, long channels, long inner) {
        long[] all = java.util.Arrays.copyOf(axes, axes.length + 1);
        all[1] = channels;
        all[axes.length] = inner;
        return all;
    }

    /** Reads a strided box of elements in stretches as long as memory allows. */
    private void runs(IntBuffer memory, long[] sizes, long[] strides, int start) {
        long run = 1;
        int outer = sizes.length;
        while (outer > 0 && (sizes[outer - 1] == 1 || strides[outer - 1] == run)) {
            run *= sizes[--outer];
        }
        long count = 1;
        for (int i = 0; i < outer; i++) {
            count *= sizes[i];
        }
        if (run == 0 || count == 0) {
            return;
        }
        long[] at = new long[outer];
        long offset = start;
        for (long i = 0; i < count; i++) {
            copy(memory, Math.toIntExact(offset), Math.toIntExact(run));
            for (int axis = outer - 1; axis >= 0; axis--) {
                offset += strides[axis];
                if (++at[axis] < sizes[axis]) {
                    break;
                }
                offset -= strides[axis] * sizes[axis];
                at[axis] = 0;
            }
        }
    }

    private void copy(IntBuffer memory, int from, int length) {
        if (length < SHORT_RUN) {
            for (int i = 0; i < length; i++) {
                add(memory.get(from + i));
            }
            return;
        }
        int done = 0;
        while (done < length) {
            int taken = Math.min(length - done, BLOCK - filled);
            memory.get(from + done, block, filled, taken);
            filled += taken;
            done += taken;
            if (filled == BLOCK) {
                flush();
            }
        }
    }

    private void add(int bits) {
        block[filled++] = bits;
        if (filled == BLOCK) {
            flush();
        }
    }

    private void flush() {
        if (filled > 0) {
            observer.observe(value, block, filled);
            filled = 0;
        }
    }
}
