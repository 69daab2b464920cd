package io.firesteel.tensor;

/** What type inference knows of a value: a tensor, a sequence of values, or an optional value. */
public sealed interface ValueType permits TensorType, ValueType.SequenceType, ValueType.OptionalType {

    /**
     * A sequence whose elements all have one type.
     *
     * @param element the element type
     */
    record SequenceType(ValueType element) implements ValueType {
        @Override
        public String toString() {
            return "seq(" + element + ")";
        }
    }

    /**
     * A value that may be absent.
     *
     * @param element the type when present
     */
    record OptionalType(ValueType element) implements ValueType {
        @Override
        public String toString() {
            return "optional(" + element + ")";
        }
    }
}
