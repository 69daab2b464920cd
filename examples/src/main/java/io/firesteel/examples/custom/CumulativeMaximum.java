package io.firesteel.examples.custom;

import io.firesteel.op.InferenceContext;
import io.firesteel.op.Operator;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.List;

/**
 * The largest element so far along an axis: of 1, 3, 2, 5 it is 1, 3, 3, 5. NaN stays from where it first is. The result has
 * the shape and type of the operand, a tensor of floating-point elements.
 *
 * @param axis the axis it runs along; negative counts from the end
 */
public record CumulativeMaximum(long axis) implements Operator {

    @Override
    public List<ValueType> inferTypes(InferenceContext context) {
        TensorType type = context.tensor(0);
        if (!type.dataType().isFloatingPoint()) {
            throw context.error("CumulativeMaximum is of floating-point elements, not of " + type);
        }
        if (type.hasRank()) {
            context.axis(axis, type.shape().rank());
        }
        return List.of(type);
    }
}
