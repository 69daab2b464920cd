package io.firesteel.onnx;

import io.firesteel.op.Losses.LossReduction;
import io.firesteel.op.Losses.NegativeLogLikelihoodLoss;
import io.firesteel.op.Losses.SoftmaxCrossEntropyLoss;
import io.firesteel.op.Optimizers.Adagrad;
import io.firesteel.op.Optimizers.Adam;
import io.firesteel.op.Optimizers.Momentum;
import java.util.Optional;

/** Importers of loss functions and of the update rules of gradient descent. */
public final class TrainingImporters implements ImporterFamily {

    private static final String PREVIEW = "ai.onnx.preview.training";
    private static final float EPSILON = 1e-6f;

    @Override
    public void register(Registry registry) {
        registry.add("NegativeLogLikelihoodLoss",
                n -> n.emit(new NegativeLogLikelihoodLoss(reduction(n), ignoreIndex(n)), n.inputs()));
        registry.add("SoftmaxCrossEntropyLoss",
                n -> n.emit(new SoftmaxCrossEntropyLoss(reduction(n), ignoreIndex(n)), n.inputs()));
        registry.add(PREVIEW, "Adagrad", 1, Integer.MAX_VALUE, n -> n.emit(new Adagrad(n.real("decay_factor", 0),
                n.real("epsilon", EPSILON), n.real("norm_coefficient", 0)), n.inputs()));
        registry.add(PREVIEW, "Adam", 1, Integer.MAX_VALUE, n -> n.emit(new Adam(n.real("alpha", 0.9f), n.real("beta", 0.999f),
                n.real("epsilon", EPSILON), n.real("norm_coefficient", 0), n.real("norm_coefficient_post", 0)), n.inputs()));
        registry.add(PREVIEW, "Momentum", 1, Integer.MAX_VALUE, n -> n.emit(new Momentum(n.real("alpha", 0), n.real("beta", 0),
                n.string("mode", "standard").equals("nesterov"), n.real("norm_coefficient", 0)), n.inputs()));
    }

    private static LossReduction reduction(OnnxNode n) {
        return switch (n.string("reduction", "mean")) {
            case "none" -> LossReduction.NONE;
            case "mean" -> LossReduction.MEAN;
            case "sum" -> LossReduction.SUM;
            default -> throw n.invalid("reduction '" + n.string("reduction", "") + "' is not one of none, mean and sum");
        };
    }

    private static Optional<Long> ignoreIndex(OnnxNode n) {
        return n.has("ignore_index") ? Optional.of(n.integer("ignore_index")) : Optional.empty();
    }
}
