package io.firesteel.reference;

import io.firesteel.op.Losses;
import io.firesteel.op.Losses.LossReduction;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Evaluators of {@link Losses}. */
public final class LossEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Losses.NegativeLogLikelihoodLoss.class, (op, in) ->
                List.of(loss(Elements.read(in.tensor(0)), op.reduction(), op.ignoreIndex(), in)));
        registry.add(Losses.SoftmaxCrossEntropyLoss.class, (op, in) -> {
            Tensor x = in.tensor(0);
            double[] logs = logSoftmax(x);
            List<HostValue> outputs = new ArrayList<>(List.of(loss(logs, op.reduction(), op.ignoreIndex(), in)));
            if (in.outputCount() > 1) {
                Tensor probabilities = Tensor.zeros(x.dataType(), x.sizes());
                for (int i = 0; i < logs.length; i++) {
                    probabilities.setDouble(i, logs[i]);
                }
                outputs.add(probabilities);
            }
            return outputs;
        });
    }

    private static double[] logSoftmax(Tensor x) {
        double[] values = Elements.read(x);
        int classes = (int) x.size(1);
        int inner = (int) StridedCopy.product(x.sizes(), 2, x.rank());
        for (int n = 0; n < x.size(0); n++) {
            for (int d = 0; d < inner; d++) {
                int first = n * classes * inner + d;
                double largest = Double.NEGATIVE_INFINITY;
                for (int c = 0; c < classes; c++) {
                    largest = Math.max(largest, values[first + c * inner]);
                }
                double sum = 0;
                for (int c = 0; c < classes; c++) {
                    sum += Math.exp(values[first + c * inner] - largest);
                }
                double log = largest + Math.log(sum);
                for (int c = 0; c < classes; c++) {
                    values[first + c * inner] -= log;
                }
            }
        }
        return values;
    }

    private static Tensor loss(double[] logs, LossReduction reduction, Optional<Long> ignoreIndex, EvaluationContext in) {
        Tensor x = in.tensor(0);
        Tensor targets = in.tensor(1);
        long classes = x.size(1);
        long inner = StridedCopy.product(x.sizes(), 2, x.rank());
        if (targets.elements() != x.size(0) * inner) {
            throw new IllegalArgumentException("targets " + targets + " do not fit scores " + x);
        }
        Tensor losses = Tensor.zeros(x.dataType(), targets.sizes());
        double sum = 0;
        double weights = 0;
        for (long i = 0; i < targets.elements(); i++) {
            long target = targets.getLong(i);
            if (ignoreIndex.isPresent() && ignoreIndex.get() == target) {
                continue;
            }
            long position = StridedCopy.position(target, classes);
            double weight = in.hasInput(2) ? in.tensor(2).getDouble(position) : 1;
            double loss = -weight * logs[(int) ((i / inner * classes + position) * inner + i % inner)];
            losses.setDouble(i, loss);
            sum += loss;
            weights += weight;
        }
        return switch (reduction) {
            case NONE -> losses;
            case SUM -> Tensor.scalar(x.dataType(), sum);
            case MEAN -> Tensor.scalar(x.dataType(), sum / weights);
        };
    }
}
