package io.firesteel.op;

import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.List;

/**
 * A convolution of an image of bytes that is normalized first: {@code convolution(x * factors[c] + offsets[c])} for channel
 * {@code c}. What the convolution's padding adds is zero after that. Made while a plan is lowered, for devices whose kernels
 * read images so.
 *
 * <p>Inputs: 0 data [N, C, spatial...] of bytes, then those of the convolution from 1 on. Result: the convolution's, of the
 * weights' element type.
 *
 * @param factors one for each channel
 * @param offsets one for each channel
 * @param convolution what is computed of the normalized image
 */
public record NormalizedConvolution(List<Float> factors, List<Float> offsets, Convolution convolution) implements Contraction {

    public NormalizedConvolution {
        factors = List.copyOf(factors);
        offsets = List.copyOf(offsets);
        if (factors.size() != offsets.size()) {
            throw new IllegalArgumentException(factors.size() + " factors do not fit " + offsets.size() + " offsets");
        }
    }

    @Override
    public double multiplications(List<Shape> inputs, Shape output) {
        return convolution.multiplications(inputs, output);
    }

    @Override
    public List<ValueType> inferTypes(InferenceContext context) {
        TensorType data = context.tensor(0);
        if (data.hasRank() && data.shape().rank() > 1 && !data.shape().dim(1).is(factors.size())) {
            throw context.error("data " + data.shape() + " does not have " + factors.size() + " channels");
        }
        return convolution.inferTypes(data.withDataType(context.tensor(1).dataType()), context);
    }
}
