package io.firesteel.backend.cpu;

import io.firesteel.backend.Launch;
import io.firesteel.memory.NativeMemory;
import java.nio.ByteBuffer;

/**
 * Quantizes fp32 to bytes, {@code saturate(round(x / scale) + zeroPoint)} with halves to even, or dequantizes,
 * {@code (q - zeroPoint) * scale}.
 *
 * @param elements how many
 * @param run elements from one scale to the next
 * @param scales used in turn
 * @param zeroPoints as many
 * @param unsigned whether bytes are 0 to 255
 * @param quantizes the direction
 */
record QuantizationStage(long elements, long run, float[] scales, int[] zeroPoints, boolean unsigned, boolean quantizes)
        implements Stage {

    private static final int BLOCK = 1 << 20;

    @Override
    public String implementation() {
        return quantizes ? "quantize" : "dequantize";
    }

    @Override
    public long scratchBytes() {
        return 0;
    }

    @Override
    public Launch bind(Memory memory) {
        long source = memory.address(Place.input(0));
        long target = memory.address(Place.output(0));
        int blocks = Math.toIntExact((elements + BLOCK - 1) / BLOCK);
        ByteBuffer[] from = new ByteBuffer[blocks];
        ByteBuffer[] to = new ByteBuffer[blocks];
        for (int i = 0; i < blocks; i++) {
            long first = (long) i * BLOCK;
            int count = (int) Math.min(BLOCK, elements - first);
            from[i] = NativeMemory.view(source + first * (quantizes ? Float.BYTES : 1), count * (quantizes ? Float.BYTES : 1));
            to[i] = NativeMemory.view(target + first * (quantizes ? 1 : Float.BYTES), count * (quantizes ? 1 : Float.BYTES));
        }
        return () -> {
            for (int i = 0; i < blocks; i++) {
                convert(from[i], to[i], (long) i * BLOCK);
            }
        };
    }

    private void convert(ByteBuffer from, ByteBuffer to, long first) {
        int count = quantizes ? to.capacity() : from.capacity();
        for (int done = 0; done < count;) {
            int index = (int) ((first + done) / run % scales.length);
            int end = (int) Math.min(count, done + run - (first + done) % run);
            if (quantizes) {
                quantize(from, to, done, end, scales[index], zeroPoints[index]);
            } else {
                dequantize(from, to, done, end, scales[index], zeroPoints[index]);
            }
            done = end;
        }
    }

    private void quantize(ByteBuffer from, ByteBuffer to, int begin, int end, float scale, int zeroPoint) {
        int lower = unsigned ? 0 : Byte.MIN_VALUE;
        int upper = unsigned ? 255 : Byte.MAX_VALUE;
        for (int i = begin; i < end; i++) {
            double rounded = Math.rint(from.getFloat(i * Float.BYTES) / scale) + zeroPoint;
            to.put(i, (byte) (int) Math.min(Math.max(rounded, lower), upper));
        }
    }

    private void dequantize(ByteBuffer from, ByteBuffer to, int begin, int end, float scale, int zeroPoint) {
        int mask = unsigned ? 0xff : -1;
        for (int i = begin; i < end; i++) {
            to.putFloat(i * Float.BYTES, ((from.get(i) & mask) - zeroPoint) * scale);
        }
    }

    @Override
    public void close() { }
}
