package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Random numbers, with their ONNX names. With a seed an operator gives the same numbers each time; it is still neither folded
 * nor shared.
 */
public final class RandomNumbers {

    private RandomNumbers() { }

    private interface RandomOperator extends Operator {
        @Override
        default boolean isDeterministic() {
            return false;
        }
    }

    /**
     * Normally distributed numbers.
     *
     * @param dataType the element type
     * @param mean the distribution's mean
     * @param scale its standard deviation
     * @param seed where the generator starts, or empty for anywhere
     * @param shape sizes of the result
     */
    public record RandomNormal(DataType dataType, float mean, float scale, Optional<Float> seed, List<Long> shape)
            implements RandomOperator {
        public RandomNormal {
            shape = List.copyOf(shape);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(new TensorType(dataType, new Shape(Dims.of(shape))));
        }
    }

    /** As {@link RandomNormal}, with the shape of input 0. */
    public record RandomNormalLike(DataType dataType, float mean, float scale, Optional<Float> seed) implements RandomOperator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(context.tensor(0).withDataType(dataType));
        }
    }

    /**
     * Evenly distributed numbers.
     *
     * @param dataType the element type
     * @param low smallest number
     * @param high end of the range
     * @param seed where the generator starts, or empty for anywhere
     * @param shape sizes of the result
     */
    public record RandomUniform(DataType dataType, float low, float high, Optional<Float> seed, List<Long> shape)
            implements RandomOperator {
        public RandomUniform {
            shape = List.copyOf(shape);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(new TensorType(dataType, new Shape(Dims.of(shape))));
        }
    }

    /** As {@link RandomUniform}, with the shape of input 0. */
    public record RandomUniformLike(DataType dataType, float low, float high, Optional<Float> seed) implements RandomOperator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(context.tensor(0).withDataType(dataType));
        }
    }

    /**
     * Ones, each with the probability in input 0, else zeros.
     *
     * @param dataType the element type of the result
     * @param seed where the generator starts, or empty for anywhere
     */
    public record Bernoulli(DataType dataType, Optional<Float> seed) implements RandomOperator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(context.tensor(0).withDataType(dataType));
        }
    }

    /**
     * Classes drawn with the unnormalized log-probabilities in input 0 [batch, classes]; the result is [batch, sampleSize].
     *
     * @param dataType the element type of the result, int32 or int64
     * @param sampleSize how many are drawn for each row
     * @param seed where the generator starts, or empty for anywhere
     */
    public record Multinomial(DataType dataType, long sampleSize, Optional<Float> seed) implements RandomOperator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (data.hasRank() && data.shape().rank() != 2) {
                throw context.error("needs [batch, classes], has " + data);
            }
            Dim batch = data.hasRank() ? data.shape().dim(0) : context.unknownDim("batch");
            return List.of(new TensorType(dataType, Shape.of(batch, Dim.of(sampleSize))));
        }
    }

    /**
     * Zeroes elements at random while training, and scales the others up. Inputs: 0 data; 1 ratio of elements zeroed, a
     * scalar, 0.5 where absent; 2 whether to train, a bool scalar, false where absent. Results: 0 the data; 1 which elements
     * stay, bool.
     *
     * @param seed where the generator starts, or empty for anywhere
     */
    public record Dropout(Optional<Long> seed) implements RandomOperator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            List<ValueType> types = new ArrayList<>();
            types.add(context.tensor(0));
            types.add(context.tensor(0).withDataType(DataType.BOOL));
            return types;
        }
    }
}
