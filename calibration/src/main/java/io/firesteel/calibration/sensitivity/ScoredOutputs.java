package io.firesteel.calibration.sensitivity;

import io.firesteel.FiresteelException;
import io.firesteel.plan.Signature;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.TensorType;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * The outputs of a model that a metric looks at.
 *
 * @param indices their places in the signature
 * @param ranked whether they are indices of classes, the best first, instead of scores
 * @param classes how many classes the scores are of; 0 where that is not known
 */
public record ScoredOutputs(List<Integer> indices, boolean ranked, long classes) implements Serializable {

    public ScoredOutputs {
        indices = List.copyOf(indices);
    }

    /**
     * The outputs: for a metric with labels the model's class indices, or else its first output of one score for each class; for
     * the others all that are real numbers.
     *
     * @throws FiresteelException {@code METRIC_UNFIT} where the model has none
     */
    public static ScoredOutputs of(Signature signature, Metric metric) {
        List<Integer> real = new ArrayList<>();
        int scores = -1;
        int ranks = -1;
        for (int i = 0; i < signature.outputs().size(); i++) {
            Signature.Port port = signature.outputs().get(i);
            if (!(port.type() instanceof TensorType type) || !type.hasRank()) {
                continue;
            }
            if (type.dataType().isFloatingPoint()) {
                real.add(i);
                scores = scores < 0 && classes(type) > 1 ? i : scores;
            }
            boolean index = type.dataType() == DataType.INT64 && (port.name().endsWith("_index") && type.shape().rank() == 1
                    || port.name().endsWith("_indices") && type.shape().rank() == 2);
            ranks = ranks < 0 && index && (metric == Metric.TOP1 || type.shape().rank() == 2) ? i : ranks;
        }
        if (!metric.labelled() && !real.isEmpty()) {
            return new ScoredOutputs(real, false, 0);
        }
        if (metric.labelled() && ranks >= 0) {
            return new ScoredOutputs(List.of(ranks), true, 0);
        }
        if (metric.labelled() && scores >= 0) {
            return new ScoredOutputs(List.of(scores), false, classes(signature.outputs().get(scores).tensor()));
        }
        throw FiresteelException.user("METRIC_UNFIT", "metric " + metric.label() + " needs an output of "
                + (metric.labelled() ? "one score for each class" : "real numbers") + ", the model gives " + signature.outputs()
                + (metric.labelled() ? ": use mse or cosine, which compare with the fp32 network's outputs" : ""));
    }

    /** How many scores a row has, where all dimensions but the batch and one are 1; else 0. */
    private static long classes(TensorType type) {
        long classes = 1;
        List<Dim> dims = type.shape().dims();
        for (int i = 1; i < dims.size(); i++) {
            if (!dims.get(i).isConstant() || dims.get(i).size() != 1 && classes != 1) {
                return 0;
            }
            classes = Math.max(classes, dims.get(i).size());
        }
        return classes;
    }
}
