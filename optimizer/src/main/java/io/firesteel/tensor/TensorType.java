package io.firesteel.tensor;

import java.util.Objects;

/**
 * Element type and shape of a tensor.
 *
 * @param dataType the element type
 * @param shape the shape, or null where not even the rank is known
 */
public record TensorType(DataType dataType, Shape shape) implements ValueType {

    public TensorType {
        Objects.requireNonNull(dataType);
    }

    // Written out, as a record's own are linked with a dozen classes made when they are first used.
    @Override
    public boolean equals(Object other) {
        return other instanceof TensorType that && dataType == that.dataType && Objects.equals(shape, that.shape);
    }

    @Override
    public int hashCode() {
        return 31 * dataType.hashCode() + Objects.hashCode(shape);
    }

    /** A type with known sizes. */
    public static TensorType of(DataType dataType, long... sizes) {
        return new TensorType(dataType, Shape.of(sizes));
    }

    /** A type of which only the element type is known. */
    public static TensorType ofUnknownRank(DataType dataType) {
        return new TensorType(dataType, null);
    }

    public boolean hasRank() {
        return shape != null;
    }

    /** Whether the shape is fully known. */
    public boolean isStatic() {
        return shape != null && shape.isStatic();
    }

    /** Bytes of the dense tensor; only for static shapes. */
    public long byteSize() {
        return Math.multiplyExact(shape.elements(), dataType.bytes());
    }

    public TensorType withDataType(DataType type) {
        return new TensorType(type, shape);
    }

    public TensorType withShape(Shape newShape) {
        return new TensorType(dataType, newShape);
    }

    @Override
    public String toString() {
        return dataType + (shape == null ? "[?]" : shape.toString());
    }
}
