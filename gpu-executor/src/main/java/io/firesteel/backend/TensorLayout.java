package io.firesteel.backend;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;

/**
 * How one tensor lies in memory. A tensor may be a channel slice of a larger one, as the parts of an eliminated concat are:
 * then it has the strides of the larger tensor, and its address is that of its own first element.
 *
 * @param type element type in memory, which may differ from the model's, and static shape
 * @param format order of the elements
 * @param parentChannels channels (axis 1) of the tensor that holds it; its own where it stands alone, or 1 below rank 2
 */
public record TensorLayout(TensorType type, TensorFormat format, long parentChannels) {

    public TensorLayout {
        if (!type.isStatic()) {
            throw new IllegalArgumentException("a layout needs a static shape, not " + type);
        }
        if (format != TensorFormat.LINEAR && type.shape().rank() < 3) {
            throw new IllegalArgumentException(format + " needs rank 3 or more, not " + type);
        }
        if (parentChannels < channels(type)) {
            throw new IllegalArgumentException(type + " does not fit " + parentChannels + " channels");
        }
    }

    /** A tensor that stands alone. */
    public static TensorLayout of(TensorType type, TensorFormat format) {
        return new TensorLayout(type, format, channels(type));
    }

    /** A row-major tensor that stands alone. */
    public static TensorLayout linear(TensorType type) {
        return of(type, TensorFormat.LINEAR);
    }

    private static long channels(TensorType type) {
        return type.shape().rank() < 2 ? 1 : type.shape().dim(1).size();
    }

    /** The element type in memory. */
    public DataType dataType() {
        return type.dataType();
    }

    /** The sizes, in ONNX order. */
    public long[] sizes() {
        return type.shape().sizes();
    }

    /** Whether it is part of a larger tensor, so that its elements are not contiguous. */
    public boolean isSlice() {
        return parentChannels != channels(type);
    }

    /** The same elements in another format, standing alone. */
    public TensorLayout withFormat(TensorFormat other) {
        return of(type, other);
    }

    /** The same shape with another element type, standing alone. */
    public TensorLayout withDataType(DataType dataType) {
        return of(type.withDataType(dataType), format);
    }

    /** This tensor as a slice of a larger one. */
    public TensorLayout within(long channelsOfParent) {
        return new TensorLayout(type, format, channelsOfParent);
    }

    /** Bytes from the larger tensor's first element to the element at {@code channel}, which a blocked format must begin a block with. */
    public long sliceOffset(long channel) {
        if (format.isBlocked() && channel % format.block() != 0) {
            throw new IllegalArgumentException("channel " + channel + " does not begin a block of " + format);
        }
        long step = format.isBlocked() ? strides()[1] / format.block() : strides()[1];
        return channel * step * dataType().bytes();
    }

    /** Bytes of memory a tensor that stands alone takes, padding included. */
    public long bytes() {
        long[] sizes = sizes();
        if (format.isBlocked()) {
            sizes[1] = padded(sizes[1]);
        }
        return Math.multiplyExact(Shape.of(sizes).elements(), dataType().bytes());
    }

    private long padded(long channels) {
        int block = format.block();
        return (channels + block - 1) / block * block;
    }

    /**
     * Distance in elements between neighbours along each axis; for blocked channels, between neighbouring blocks, elements of a
     * block being contiguous.
     */
    public long[] strides() {
        long[] sizes = sizes();
        int rank = sizes.length;
        long[] strides = new long[rank];
        if (format == TensorFormat.LINEAR) {
            long stride = 1;
            for (int i = rank - 1; i >= 0; i--) {
                strides[i] = stride;
                stride *= i == 1 ? parentChannels : sizes[i];
            }
            return strides;
        }
        long stride = format.isBlocked() ? format.block() : parentChannels;
        for (int i = rank - 1; i >= 2; i--) {
            strides[i] = stride;
            stride *= sizes[i];
        }
        strides[1] = format.isBlocked() ? stride : 1;
        strides[0] = format.isBlocked() ? stride / format.block() * padded(parentChannels) : stride;
        return strides;
    }

    /** Whether both describe the same elements at the same places, so that no conversion is needed. */
    public boolean sameMemory(TensorLayout other) {
        if (!type.equals(other.type)) {
            return false;
        }
        if (format == other.format) {
            return parentChannels == other.parentChannels;
        }
        return !isSlice() && !other.isSlice() && isPlain() && other.isPlain() && sameOrder(other);
    }

    private boolean isPlain() {
        return !format.isBlocked() || isRowOfChannels() && type.shape().dim(1).size() % format.block() == 0;
    }

    /** Whether every spatial axis has size 1, so that the formats order the elements alike. */
    private boolean isRowOfChannels() {
        return type.shape().rank() >= 2 && type.shape().dims().stream().skip(2).allMatch(d -> d.is(1));
    }

    private boolean sameOrder(TensorLayout other) {
        boolean oneChannel = type.shape().rank() >= 2 && type.shape().dim(1).is(1);
        return isRowOfChannels() || oneChannel && !format.isBlocked() && !other.format.isBlocked();
    }

    @Override
    public String toString() {
        return type + " " + format + (isSlice() ? " slice of " + parentChannels : "");
    }
}
