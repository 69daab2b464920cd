package io.firesteel.onnx;

import io.firesteel.op.Normalizations;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;

/** Importers of normalizations. */
public final class NormalizationImporters implements ImporterFamily {

    private static final float EPSILON = 1e-5f;

    @Override
    public void register(Registry registry) {
        registry.add("", "BatchNormalization", 1, 13, NormalizationImporters::oldBatch);
        registry.add("", "BatchNormalization", 14, Integer.MAX_VALUE, NormalizationImporters::batch);
        registry.add("LayerNormalization", n -> n.emit(new Normalizations.LayerNormalization(n.integer("axis", -1),
                n.real("epsilon", EPSILON), n.dataType("stash_type", DataType.FLOAT32)), n.inputs()));
        registry.add("RMSNormalization", n -> n.emit(new Normalizations.RMSNormalization(n.integer("axis", -1),
                n.real("epsilon", EPSILON)), n.inputs()));
        registry.add("InstanceNormalization",
                n -> n.emit(new Normalizations.InstanceNormalization(n.real("epsilon", EPSILON)), n.inputs()));
        registry.add("GroupNormalization", n -> n.emit(new Normalizations.GroupNormalization(n.integer("num_groups"),
                n.real("epsilon", EPSILON)), n.inputs()));
        registry.add("LRN", n -> n.emit(new Normalizations.LRN(n.integer("size"), n.real("alpha", 1e-4f), n.real("beta", 0.75f),
                n.real("bias", 1)), n.input(0)));
        registry.add("LpNormalization", n -> n.emit(new Normalizations.LpNormalization(n.integer("axis", -1), order(n)), n.input(0)));
        registry.add("", "MeanVarianceNormalization", 1, 8, NormalizationImporters::oldMeanVariance);
        registry.add("", "MeanVarianceNormalization", 9, Integer.MAX_VALUE, n -> n.emit(
                new Normalizations.MeanVarianceNormalization(n.integers("axes").orElse(List.of(0L, 2L, 3L)), true), n.input(0)));
    }

    private static void oldBatch(OnnxNode n) {
        if (n.outputCount() > 1) {
            throw n.unsupported("batch normalization in training form, with more than one output, is read from operator set 14 on");
        }
        float epsilon = n.real("epsilon", EPSILON);
        boolean spatial = n.opset() >= 9 || n.flag("spatial", true);
        n.emit(spatial ? new Normalizations.BatchNormalization(epsilon)
                : new Normalizations.PerActivationBatchNormalization(epsilon), n.inputs());
    }

    private static void batch(OnnxNode n) {
        float epsilon = n.real("epsilon", EPSILON);
        n.emit(n.flag("training_mode", false)
                ? new Normalizations.BatchNormalizationTraining(epsilon, n.real("momentum", 0.9f))
                : new Normalizations.BatchNormalization(epsilon), n.inputs());
    }

    private static long order(OnnxNode n) {
        long p = n.integer("p", 2);
        if (p != 1 && p != 2) {
            throw n.invalid("attribute 'p' must be 1 or 2, is " + p);
        }
        return p;
    }

    private static void oldMeanVariance(OnnxNode n) {
        List<Long> axes = new ArrayList<>();
        for (long axis = 0; axis < n.rank(0); axis++) {
            if (axis != 1 || n.flag("across_channels", false)) {
                axes.add(axis);
            }
        }
        n.emit(new Normalizations.MeanVarianceNormalization(axes, n.flag("normalize_variance", true)), n.input(0));
    }
}
