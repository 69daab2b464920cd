package io.firesteel.op;

import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.List;

/** An operator of one operand that works along one axis and keeps the operand's type. */
public interface AxisOperator extends Operator {

    /** The axis; negative counts from the end. */
    long axis();

    @Override
    default List<ValueType> inferTypes(InferenceContext context) {
        TensorType type = context.tensor(0);
        if (type.hasRank()) {
            context.axis(axis(), type.shape().rank());
        }
        return List.of(type);
    }
}
