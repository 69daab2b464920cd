package io.firesteel.backend.cpu;

import io.firesteel.backend.Launch;
import io.firesteel.memory.NativeMemory;
import io.firesteel.tensor.DataType;
import java.nio.ByteBuffer;

/**
 * Makes zeros of the rows of attention weights that are NaN: those of queries whose keys are all masked.
 *
 * @param weights where the rows lie, one after the other
 * @param type fp32 or bf16
 * @param rows of each head
 */
record MaskedRowsStage(Place weights, DataType type, long heads, long rows, long columns) implements Stage {

    @Override
    public String implementation() {
        return "masked rows";
    }

    @Override
    public long scratchBytes() {
        return 0;
    }

    @Override
    public Launch bind(Memory memory) {
        int rowBytes = Math.toIntExact(columns * type.bytes());
        int headBytes = Math.toIntExact(rows * rowBytes);
        ByteBuffer[] views = new ByteBuffer[Math.toIntExact(heads)];
        for (int i = 0; i < views.length; i++) {
            views[i] = NativeMemory.view(memory.address(weights) + (long) i * headBytes, headBytes);
        }
        return () -> {
            for (ByteBuffer view : views) {
                for (int at = 0; at < headBytes; at += rowBytes) {
                    if (isNaN(view, at)) {
                        for (int i = 0; i < rowBytes; i += Short.BYTES) {
                            view.putShort(at + i, (short) 0);
                        }
                    }
                }
            }
        };
    }

    /** A row of weights is NaN as a whole or nowhere. */
    private boolean isNaN(ByteBuffer view, int at) {
        return Float.isNaN(type == DataType.FLOAT32 ? view.getFloat(at) : Float.intBitsToFloat(view.getShort(at) << 16));
    }

    @Override
    public void close() { }
}
