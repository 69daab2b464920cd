package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.ValueType;
import java.util.List;

/** A pointwise operator of two operands of one element type, broadcast against each other. */
public interface BinaryOperator extends PointwiseOperator {

    @Override
    default int arity() {
        return 2;
    }

    /** The element type of the result for operands of {@code operands}. */
    default DataType resultType(DataType operands) {
        return operands;
    }

    @Override
    default List<ValueType> inferTypes(InferenceContext context) {
        Broadcasting.requireSameDataType(context);
        return List.of(Broadcasting.type(context, resultType(context.tensor(0).dataType())));
    }
}
