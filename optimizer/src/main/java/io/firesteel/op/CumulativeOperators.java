package io.firesteel.op;

import io.firesteel.tensor.ValueType;
import java.util.List;

/**
 * Running results along an axis, with their ONNX names. Inputs: 0 data; 1 the axis, one integer, negative counts from the
 * end. The result has the data's type.
 */
public final class CumulativeOperators {

    private CumulativeOperators() { }

    /**
     * Running sums.
     *
     * @param exclusive whether an element is not part of its own sum
     * @param reverse whether it runs from the end
     */
    public record CumSum(boolean exclusive, boolean reverse) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(context.tensor(0));
        }
    }

    /**
     * Running products.
     *
     * @param exclusive whether an element is not part of its own product
     * @param reverse whether it runs from the end
     */
    public record CumProd(boolean exclusive, boolean reverse) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(context.tensor(0));
        }
    }
}
