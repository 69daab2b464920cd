package io.firesteel.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A dense row-major tensor in host memory, little endian, of up to 2^63 bytes.
 *
 * <p>Elements are read and written as {@code double} or {@code long}, converted to the element type with ONNX's rules:
 * floating-point values round to nearest even, integers keep their low bits, {@code BOOL} is 0 or 1. {@code UINT64} values
 * are their 64 bits as {@code long}. A tensor is written only by the code that makes it; once it is handed on (as a
 * constant of a graph, an input or a result) it must not change.
 */
public final class Tensor implements HostValue {

    private static final int SEGMENT_BITS = 30;
    private static final int SEGMENT_MASK = (1 << SEGMENT_BITS) - 1;

    private final DataType dataType;
    private final long[] sizes;
    private final long elements;
    private final ByteBuffer[] segments;

    private Tensor(DataType dataType, long[] sizes, ByteBuffer[] segments) {
        this.dataType = dataType;
        this.sizes = sizes;
        this.elements = Shape.of(sizes).elements();
        this.segments = segments;
    }

    /** A tensor of zeros on the heap. */
    public static Tensor zeros(DataType dataType, long... sizes) {
        for (long size : sizes) {
            if (size < 0) {
                throw new IllegalArgumentException("negative dimension in " + Arrays.toString(sizes));
            }
        }
        long bytes = Math.multiplyExact(Shape.of(sizes).elements(), dataType.bytes());
        int count = (int) (bytes + SEGMENT_MASK >>> SEGMENT_BITS);
        ByteBuffer[] segments = new ByteBuffer[count];
        for (int i = 0; i < count; i++) {
            long left = bytes - ((long) i << SEGMENT_BITS);
            segments[i] = ByteBuffer.allocate((int) Math.min(left, 1L << SEGMENT_BITS)).order(ByteOrder.LITTLE_ENDIAN);
        }
        return new Tensor(dataType, sizes.clone(), segments);
    }

    /**
     * A tensor over existing memory, not copied.
     *
     * @param data the elements between position and limit, little endian, exactly as many bytes as the shape needs
     */
    public static Tensor wrap(DataType dataType, long[] sizes, ByteBuffer data) {
        return wrapSegments(dataType, sizes, new ByteBuffer[] {data});
    }

    /**
     * A tensor over existing memory in pieces of exactly 1 GiB each, the last one shorter.
     *
     * @param data the pieces in order, each between its position and limit
     */
    public static Tensor wrapSegments(DataType dataType, long[] sizes, ByteBuffer[] data) {
        ByteBuffer[] segments = new ByteBuffer[data.length == 1 && data[0].remaining() == 0 ? 0 : data.length];
        long bytes = 0;
        for (int i = 0; i < segments.length; i++) {
            segments[i] = data[i].slice().order(ByteOrder.LITTLE_ENDIAN);
            bytes += segments[i].capacity();
        }
        Tensor tensor = new Tensor(dataType, sizes.clone(), segments);
        if (bytes != tensor.byteSize()) {
            throw new IllegalArgumentException("shape " + Arrays.toString(sizes) + " of " + dataType + " needs "
                    + tensor.byteSize() + " bytes, got " + bytes);
        }
        if (segments.length == 1 && bytes > 1L << SEGMENT_BITS) {
            return new Tensor(dataType, sizes.clone(), split(segments[0]));
        }
        return tensor;
    }

    private static ByteBuffer[] split(ByteBuffer whole) {
        int count = (int) ((long) whole.capacity() + SEGMENT_MASK >>> SEGMENT_BITS);
        ByteBuffer[] pieces = new ByteBuffer[count];
        for (int i = 0; i < count; i++) {
            int start = i << SEGMENT_BITS;
            pieces[i] = whole.slice(start, Math.min(1 << SEGMENT_BITS, whole.capacity() - start))
                    .order(ByteOrder.LITTLE_ENDIAN);
        }
        return pieces;
    }

    /** A FLOAT32 tensor of the given values. */
    public static Tensor floats(long[] sizes, float... values) {
        Tensor tensor = zeros(DataType.FLOAT32, sizes);
        tensor.requireCount(values.length);
        for (int i = 0; i < values.length; i++) {
            tensor.setDouble(i, values[i]);
        }
        return tensor;
    }

    /** An INT64 tensor of the given values. */
    public static Tensor longs(long[] sizes, long... values) {
        Tensor tensor = zeros(DataType.INT64, sizes);
        tensor.requireCount(values.length);
        for (int i = 0; i < values.length; i++) {
            tensor.setLong(i, values[i]);
        }
        return tensor;
    }

    /** A one-dimensional INT64 tensor. */
    public static Tensor vector(long... values) {
        return longs(new long[] {values.length}, values);
    }

    /** A scalar of any element type. */
    public static Tensor scalar(DataType dataType, double value) {
        Tensor tensor = zeros(dataType);
        if (dataType.isFloatingPoint()) {
            tensor.setDouble(0, value);
        } else {
            tensor.setLong(0, (long) value);
        }
        return tensor;
    }

    private void requireCount(int count) {
        if (count != elements) {
            throw new IllegalArgumentException(count + " values for shape " + Arrays.toString(sizes));
        }
    }

    public DataType dataType() {
        return dataType;
    }

    /** The dimensions; the caller owns the array. */
    public long[] sizes() {
        return sizes.clone();
    }

    public int rank() {
        return sizes.length;
    }

    /** Dimension {@code axis}; negative axes count from the end. */
    public long size(int axis) {
        return sizes[axis < 0 ? axis + sizes.length : axis];
    }

    /** The number of elements. */
    public long elements() {
        return elements;
    }

    /** The number of elements, where an int is enough; fails above 2^31 - 1. */
    public int count() {
        return Math.toIntExact(elements);
    }

    public long byteSize() {
        return elements * dataType.bytes();
    }

    public TensorType type() {
        return TensorType.of(dataType, sizes);
    }

    /** The same elements under another shape of equal size; memory is shared. */
    public Tensor reshaped(long... newSizes) {
        Tensor tensor = new Tensor(dataType, newSizes.clone(), segments);
        if (tensor.elements != elements) {
            throw new IllegalArgumentException("cannot reshape " + type() + " to " + Arrays.toString(newSizes));
        }
        return tensor;
    }

    /** The memory in pieces of 1 GiB, read-only and little endian; none for an empty tensor. */
    public ByteBuffer[] segments() {
        ByteBuffer[] views = new ByteBuffer[segments.length];
        for (int i = 0; i < views.length; i++) {
            views[i] = segments[i].asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
        }
        return views;
    }

    /** The memory as one writable little-endian buffer that shares it; fails above 1 GiB. */
    public ByteBuffer buffer() {
        if (segments.length > 1) {
            throw new IllegalStateException("tensor " + type() + " does not fit one buffer");
        }
        return segments.length == 0 ? ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN)
                : segments[0].duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Element {@code index} in row-major order, as a double. */
    public double getDouble(long index) {
        long at = index * dataType.bytes();
        ByteBuffer segment = segments[(int) (at >>> SEGMENT_BITS)];
        int offset = (int) at & SEGMENT_MASK;
        return switch (dataType) {
            case FLOAT32 -> segment.getFloat(offset);
            case FLOAT64 -> segment.getDouble(offset);
            case FLOAT16 -> HalfPrecision.fromFloat16(segment.getShort(offset));
            case BFLOAT16 -> HalfPrecision.fromBfloat16(segment.getShort(offset));
            case UINT64 -> unsignedToDouble(segment.getLong(offset));
            case INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, BOOL -> getLong(index);
        };
    }

    private static double unsignedToDouble(long bits) {
        return bits >= 0 ? bits : ((bits >>> 1) | (bits & 1)) * 2.0;
    }

    /** Element {@code index} in row-major order, as a long; floating-point values are truncated toward zero. */
    public long getLong(long index) {
        long at = index * dataType.bytes();
        ByteBuffer segment = segments[(int) (at >>> SEGMENT_BITS)];
        int offset = (int) at & SEGMENT_MASK;
        return switch (dataType) {
            case INT64, UINT64 -> segment.getLong(offset);
            case INT32 -> segment.getInt(offset);
            case UINT32 -> segment.getInt(offset) & 0xffffffffL;
            case INT16 -> segment.getShort(offset);
            case UINT16 -> segment.getShort(offset) & 0xffff;
            case INT8 -> segment.get(offset);
            case UINT8 -> segment.get(offset) & 0xff;
            case BOOL -> segment.get(offset) == 0 ? 0 : 1;
            case FLOAT32, FLOAT64, FLOAT16, BFLOAT16 -> (long) getDouble(index);
        };
    }

    /** Element {@code index} as a truth value: anything but zero is true. */
    public boolean getBoolean(long index) {
        return dataType.isFloatingPoint() ? getDouble(index) != 0 : getLong(index) != 0;
    }

    /** Writes element {@code index}, rounding to the element type; integers are truncated toward zero. */
    public void setDouble(long index, double value) {
        long at = index * dataType.bytes();
        ByteBuffer segment = segments[(int) (at >>> SEGMENT_BITS)];
        int offset = (int) at & SEGMENT_MASK;
        switch (dataType) {
            case FLOAT32 -> segment.putFloat(offset, (float) value);
            case FLOAT64 -> segment.putDouble(offset, value);
            case FLOAT16 -> segment.putShort(offset, HalfPrecision.toFloat16(value));
            case BFLOAT16 -> segment.putShort(offset, HalfPrecision.toBfloat16(value));
            case BOOL -> segment.put(offset, (byte) (value != 0 ? 1 : 0));
            case UINT64 -> segment.putLong(offset, value >= 0x1p63 ? (long) (value - 0x1p63) ^ Long.MIN_VALUE : (long) value);
            case INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32 -> setLong(index, (long) value);
        }
    }

    /** Writes element {@code index}, keeping the low bits for integers. */
    public void setLong(long index, long value) {
        long at = index * dataType.bytes();
        ByteBuffer segment = segments[(int) (at >>> SEGMENT_BITS)];
        int offset = (int) at & SEGMENT_MASK;
        switch (dataType) {
            case INT64, UINT64 -> segment.putLong(offset, value);
            case INT32, UINT32 -> segment.putInt(offset, (int) value);
            case INT16, UINT16 -> segment.putShort(offset, (short) value);
            case INT8, UINT8 -> segment.put(offset, (byte) value);
            case BOOL -> segment.put(offset, (byte) (value != 0 ? 1 : 0));
            case FLOAT32, FLOAT64, FLOAT16, BFLOAT16 -> setDouble(index, value);
        }
    }

    /** Copies elements of a tensor with elements of the same size, bits unchanged; the ranges must not overlap. */
    public void copy(long index, Tensor source, long sourceIndex, long count) {
        int width = dataType.bytes();
        if (source.dataType.bytes() != width) {
            throw new IllegalArgumentException("cannot copy elements of " + source.type() + " to " + type());
        }
        long to = index * width;
        long from = sourceIndex * width;
        long left = count * width;
        while (left > 0) {
            int toOffset = (int) to & SEGMENT_MASK;
            int fromOffset = (int) from & SEGMENT_MASK;
            int length = (int) Math.min(left, (1 << SEGMENT_BITS) - Math.max(toOffset, fromOffset));
            segments[(int) (to >>> SEGMENT_BITS)].put(toOffset, source.segments[(int) (from >>> SEGMENT_BITS)], fromOffset, length);
            to += length;
            from += length;
            left -= length;
        }
    }

    /** Copies one element of a tensor with elements of the same size, bits unchanged. */
    public void copy(long index, Tensor source, long sourceIndex) {
        long to = index * dataType.bytes();
        long from = sourceIndex * dataType.bytes();
        ByteBuffer target = segments[(int) (to >>> SEGMENT_BITS)];
        ByteBuffer origin = source.segments[(int) (from >>> SEGMENT_BITS)];
        int toOffset = (int) to & SEGMENT_MASK;
        int fromOffset = (int) from & SEGMENT_MASK;
        switch (dataType.bytes()) {
            case 1 -> target.put(toOffset, origin.get(fromOffset));
            case 2 -> target.putShort(toOffset, origin.getShort(fromOffset));
            case 4 -> target.putInt(toOffset, origin.getInt(fromOffset));
            default -> target.putLong(toOffset, origin.getLong(fromOffset));
        }
    }

    /** The elements as a new float array. */
    public float[] toFloats() {
        float[] values = new float[count()];
        if (dataType == DataType.FLOAT32) {
            int at = 0;
            for (ByteBuffer segment : segments) {
                int n = segment.capacity() / Float.BYTES;
                segment.asFloatBuffer().get(0, values, at, n);
                at += n;
            }
        } else {
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) getDouble(i);
            }
        }
        return values;
    }

    /** The elements as a new double array. */
    public double[] toDoubles() {
        double[] values = new double[count()];
        for (int i = 0; i < values.length; i++) {
            values[i] = getDouble(i);
        }
        return values;
    }

    /** The elements as a new long array. */
    public long[] toLongs() {
        long[] values = new long[count()];
        for (int i = 0; i < values.length; i++) {
            values[i] = getLong(i);
        }
        return values;
    }

    /** Whether type, shape and every bit are equal. */
    public boolean contentEquals(Tensor other) {
        if (dataType != other.dataType || !Arrays.equals(sizes, other.sizes)) {
            return false;
        }
        for (int i = 0; i < segments.length; i++) {
            if (!segments[i].equals(other.segments[i])) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return "Tensor " + type();
    }
}
