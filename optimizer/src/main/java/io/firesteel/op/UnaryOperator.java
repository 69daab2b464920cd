package io.firesteel.op;

import io.firesteel.tensor.ValueType;
import java.util.List;

/** A pointwise operator of one operand whose result has the operand's type. */
public interface UnaryOperator extends PointwiseOperator {

    @Override
    default int arity() {
        return 1;
    }

    @Override
    default List<ValueType> inferTypes(InferenceContext context) {
        return List.of(context.tensor(0));
    }
}
