package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;

/** Normalizations; the first output has the type of the data (input 0). */
public final class Normalizations {

    private Normalizations() { }

    /**
     * {@code (x - mean) / sqrt(variance + epsilon) * scale + bias} for each channel, with given statistics.
     *
     * <p>Inputs: 0 data [N, C, ...]; 1 scale [C]; 2 bias [C]; 3 mean [C]; 4 variance [C].
     *
     * @param epsilon added to the variance
     */
    public record BatchNormalization(float epsilon) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            requireChannels(context, 1, 2, 3, 4);
            return List.of(context.tensor(0));
        }
    }

    /**
     * Batch normalization with statistics of its own for each channel and place: the parameters are [C, ...] without the batch
     * axis (ONNX before operator set 9, {@code spatial = 0}). Inputs are as for {@link BatchNormalization}.
     *
     * @param epsilon added to the variance
     */
    public record PerActivationBatchNormalization(float epsilon) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(context.tensor(0));
        }
    }

    /**
     * Batch normalization with the statistics of the batch itself. Inputs are as for {@link BatchNormalization}. Outputs: 0 the
     * result; 1 and 2 the running mean and variance [C]: {@code given * momentum + current * (1 - momentum)}.
     *
     * @param epsilon added to the variance
     * @param momentum weight of the given statistics in the running ones
     */
    public record BatchNormalizationTraining(float epsilon, float momentum) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            requireChannels(context, 1, 2, 3, 4);
            return List.of(context.tensor(0), context.tensor(3), context.tensor(4));
        }
    }

    /**
     * {@code (x - mean) / sqrt(variance + epsilon) * scale + bias} with the statistics of the trailing axes.
     *
     * <p>Inputs: 0 data; 1 scale and 2 bias (or absent), broadcastable to the data. Outputs: 0 the result; 1 the mean and 2
     * {@code 1 / sqrt(variance + epsilon)}, with the normalized axes of size 1.
     *
     * @param axis first of the normalized axes; negative counts from the end
     * @param epsilon added to the variance
     * @param stashType element type of outputs 1 and 2
     */
    public record LayerNormalization(long axis, float epsilon, DataType stashType) implements Operator {

        /** With FLOAT32 statistics. */
        public LayerNormalization(long axis, float epsilon) {
            this(axis, epsilon, DataType.FLOAT32);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (!data.hasRank()) {
                TensorType statistics = TensorType.ofUnknownRank(stashType);
                return List.of(data, statistics, statistics);
            }
            int first = context.axis(axis, data.shape().rank());
            List<Dim> dims = new ArrayList<>(data.shape().dims().subList(0, first));
            while (dims.size() < data.shape().rank()) {
                dims.add(Dim.of(1));
            }
            TensorType statistics = new TensorType(stashType, new Shape(dims));
            return List.of(data, statistics, statistics);
        }
    }

    /**
     * {@code x / sqrt(mean(x * x) + epsilon) * scale} over the trailing axes. Inputs: 0 data; 1 scale, broadcastable to the data;
     * the result has the element type of the scale.
     *
     * @param axis first of the normalized axes; negative counts from the end
     * @param epsilon added to the mean square
     */
    public record RMSNormalization(long axis, float epsilon) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (data.hasRank()) {
                context.axis(axis, data.shape().rank());
            }
            return List.of(data.withDataType(context.tensor(1).dataType()));
        }
    }

    /**
     * Normalization of each channel of each image by its own statistics. Inputs: 0 data [N, C, ...]; 1 scale [C]; 2 bias [C].
     *
     * @param epsilon added to the variance
     */
    public record InstanceNormalization(float epsilon) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            requireChannels(context, 1, 2);
            return List.of(context.tensor(0));
        }
    }

    /**
     * Normalization of each group of channels of each image by its own statistics. Inputs: 0 data [N, C, ...]; 1 scale and 2 bias,
     * both [C], or both [groups].
     *
     * @param groups number of groups; it divides C
     * @param epsilon added to the variance
     */
    public record GroupNormalization(long groups, float epsilon) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (groups < 1 || data.hasRank() && data.shape().rank() >= 2 && data.shape().dim(1).isConstant()
                    && data.shape().dim(1).size() % groups != 0) {
                throw context.error(groups + " groups do not divide the channels of " + data);
            }
            return List.of(data);
        }
    }

    /**
     * Local response normalization across channels: {@code x / (bias + alpha / size * sum(x * x))^beta}, summed over the
     * {@code size} channels around each channel.
     */
    public record LRN(long size, float alpha, float beta, float bias) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            if (size < 1) {
                throw context.error("size must be positive, is " + size);
            }
            return List.of(context.tensor(0));
        }
    }

    /**
     * {@code x / norm(x)} along one axis; zero where the norm is zero.
     *
     * @param axis the axis; negative counts from the end
     * @param p order of the norm, 1 or 2
     */
    public record LpNormalization(long axis, long p) implements AxisOperator { }

    /**
     * {@code (x - mean(x)) / (sqrt(variance(x)) + 1e-9)} over some axes; without variance only the mean is taken off.
     *
     * @param axes the axes, negative ones counting from the end
     * @param normalizeVariance whether to divide
     */
    public record MeanVarianceNormalization(List<Long> axes, boolean normalizeVariance) implements Operator {

        public MeanVarianceNormalization {
            axes = List.copyOf(axes);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType type = context.tensor(0);
            if (type.hasRank()) {
                axes.forEach(a -> context.axis(a, type.shape().rank()));
            }
            return List.of(type);
        }
    }

    private static void requireChannels(InferenceContext context, int... parameters) {
        TensorType data = context.tensor(0);
        if (!data.hasRank()) {
            return;
        }
        Dim channels = data.shape().rank() > 1 ? data.shape().dim(1) : Dim.of(1);
        for (int index : parameters) {
            Shape shape = context.shape(index);
            if (shape != null && (shape.rank() != 1
                    || channels.isConstant() && shape.dim(0).isConstant() && !channels.equals(shape.dim(0)))) {
                throw context.error("input " + index + " must have one element for each of the " + channels
                        + " channels, is " + context.tensor(index));
            }
        }
    }
}
