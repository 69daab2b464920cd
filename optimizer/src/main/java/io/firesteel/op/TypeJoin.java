package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The most special type that covers two types: what a value is that comes from one of two places. */
public final class TypeJoin {

    private TypeJoin() { }

    /**
     * Joins two types.
     *
     * @param unknown makes a dimension of which nothing is known, from a hint that tells dimensions of the type apart
     * @return the type, or empty where the types are of different kinds or element types
     */
    public static Optional<ValueType> join(ValueType a, ValueType b, Function<String, Dim> unknown) {
        if (a.equals(b)) {
            return Optional.of(a);
        }
        if (a instanceof TensorType x && b instanceof TensorType y) {
            return x.dataType() == y.dataType() ? Optional.of(x.withShape(shape(x.shape(), y.shape(), unknown))) : Optional.empty();
        }
        if (a instanceof ValueType.SequenceType x && b instanceof ValueType.SequenceType y) {
            return join(x.element(), y.element(), unknown).map(ValueType.SequenceType::new);
        }
        if (a instanceof ValueType.OptionalType x && b instanceof ValueType.OptionalType y) {
            return join(x.element(), y.element(), unknown).map(ValueType.OptionalType::new);
        }
        return Optional.empty();
    }

    private static Shape shape(Shape a, Shape b, Function<String, Dim> unknown) {
        if (a == null || b == null || a.rank() != b.rank()) {
            return null;
        }
        List<Dim> dims = new ArrayList<>();
        for (int i = 0; i < a.rank(); i++) {
            dims.add(a.dim(i).equals(b.dim(i)) ? a.dim(i) : unknown.apply("dim" + i));
        }
        return new Shape(dims);
    }
}
