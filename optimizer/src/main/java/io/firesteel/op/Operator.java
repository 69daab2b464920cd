package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.ValueType;
import java.util.List;
import java.util.Optional;

/**
 * What a node computes: an immutable record whose components are the operator's attributes.
 *
 * <p>Record equality means "computes the same", so components are value types only: primitives, boxed numbers, strings,
 * enums, {@link io.firesteel.tensor.DataType}, {@link io.firesteel.tensor.Tensor} (compared by identity), lists of these,
 * {@link Optional} of these, nested records, {@link Operator}s and {@link io.firesteel.graph.Graph} bodies. The plan file
 * stores an operator as its {@linkplain #name() name} and components, so both are part of the format: a released record
 * changes by adding a new one.
 *
 * <p>An operator is known to Firesteel once a {@link io.firesteel.reference.EvaluatorFamily} registers how it is evaluated.
 */
public interface Operator {

    /** The name in plans and listings: unique among all operators, the record's simple name unless overridden. */
    default String name() {
        return getClass().getSimpleName();
    }

    /**
     * The types of the outputs, from what is known of the inputs.
     *
     * @param context the inputs' types and, where known, values
     * @return one type for each output, in order
     * @throws io.firesteel.FiresteelException if the inputs do not fit the operator; use {@link InferenceContext#error}
     */
    List<ValueType> inferTypes(InferenceContext context);

    /**
     * The first output's elements as dimensions, where the operator computes a small integer tensor (a shape) from shapes.
     *
     * @return the elements in row-major order, or empty where they are not known
     */
    default Optional<List<Dim>> inferShapeValue(InferenceContext context) {
        return Optional.empty();
    }

    /** Whether the first output is input 0, element by element, wherever their types are equal. */
    default boolean isIdentityOfEqualTypes() {
        return false;
    }

    /** Whether equal inputs always give equal outputs; false for random operators, which are neither folded nor shared. */
    default boolean isDeterministic() {
        return true;
    }
}
