package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.List;

/**
 * Depthwise convolution over time that sees only earlier places. Inputs: 0 data [batch, channels, places]; 1 weights [channels, 1,
 * kernel]; 2 bias [channels], or absent; 3 the kernel - 1 places before the data [batch, channels, kernel - 1], or absent for zeros.
 * Outputs: 0 the result, shaped like the data; 1 the last kernel - 1 places.
 *
 * @param silu whether {@code x * sigmoid(x)} is applied to the result
 */
public record CausalConvWithState(boolean silu) implements Operator {
    @Override
    public List<ValueType> inferTypes(InferenceContext context) {
        TensorType data = context.tensor(0);
        Shape weights = context.shape(1);
        if (!data.hasRank() || data.shape().rank() != 3 || weights == null || weights.rank() != 3) {
            throw context.error("data and weights must have three dimensions, are " + data + " and " + context.tensor(1));
        }
        Dim before = weights.dim(2).minus(Dim.of(1)).orElseGet(() -> context.unknownDim("before"));
        return List.of(data, data.withShape(Shape.of(data.shape().dim(0), data.shape().dim(1), before)));
    }
}
