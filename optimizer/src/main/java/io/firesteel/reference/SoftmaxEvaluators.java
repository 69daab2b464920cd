package io.firesteel.reference;

import io.firesteel.op.Softmaxes;
import java.util.Arrays;
import java.util.List;

/** Evaluators of {@link Softmaxes}. */
public final class SoftmaxEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Softmaxes.Softmax.class, (op, in) -> List.of(Lanes.map(in.tensor(0), op.axis(), SoftmaxEvaluators::softmax)));
        registry.add(Softmaxes.LogSoftmax.class,
                (op, in) -> List.of(Lanes.map(in.tensor(0), op.axis(), SoftmaxEvaluators::logSoftmax)));
        registry.add(Softmaxes.Hardmax.class, (op, in) -> List.of(Lanes.map(in.tensor(0), op.axis(), SoftmaxEvaluators::hardmax)));
    }

    /** Replaces scores by their softmax, in place. */
    static double[] softmax(double[] scores) {
        double largest = largest(scores);
        double sum = 0;
        for (int i = 0; i < scores.length; i++) {
            scores[i] = Math.exp(scores[i] - largest);
            sum += scores[i];
        }
        for (int i = 0; i < scores.length; i++) {
            scores[i] /= sum;
        }
        return scores;
    }

    private static double[] logSoftmax(double[] scores) {
        double largest = largest(scores);
        double sum = 0;
        for (double score : scores) {
            sum += Math.exp(score - largest);
        }
        double logarithm = Math.log(sum);
        for (int i = 0; i < scores.length; i++) {
            scores[i] = scores[i] - largest - logarithm;
        }
        return scores;
    }

    private static double[] hardmax(double[] scores) {
        int best = 0;
        for (int i = 1; i < scores.length; i++) {
            if (scores[i] > scores[best]) {
                best = i;
            }
        }
        Arrays.fill(scores, 0);
        if (scores.length > 0) {
            scores[best] = 1;
        }
        return scores;
    }

    private static double largest(double[] scores) {
        double largest = Double.NEGATIVE_INFINITY;
        for (double score : scores) {
            largest = Math.max(largest, score);
        }
        return largest;
    }
}
