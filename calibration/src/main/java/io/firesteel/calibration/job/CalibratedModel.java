package io.firesteel.calibration.job;

import io.firesteel.FiresteelException;
import io.firesteel.plan.Plan;
import io.firesteel.quant.Equalizer;
import io.firesteel.quant.Quantizer;
import io.firesteel.spark.catalog.ModelStore;
import io.firesteel.spark.catalog.StoredModel;
import java.util.Optional;

/**
 * The model that a calibration is for.
 *
 * @param stored the model itself, or the equalized one made from it
 * @param pairs pairs of layers that were equalized, or null
 */
record CalibratedModel(StoredModel stored, Integer pairs) {

    /**
     * Takes a model in real numbers and, where that is asked for, makes its equalized plan the version in use of another model.
     *
     * @param name of the equalized model; empty leaves the model as it is
     * @throws FiresteelException where the model is quantized or cannot be equalized, or the name is its own
     */
    static CalibratedModel of(ModelStore store, StoredModel model, Optional<String> name) {
        Plan plan = model.plan();
        Quantizer.requireRealNumbers(plan);
        if (name.isEmpty()) {
            return new CalibratedModel(model, null);
        }
        String equalized = Arguments.newName(model, "equalize", name.get());
        Equalizer.Result result = Equalizer.equalize(plan);
        return new CalibratedModel(store.publish(equalized, result.plan()), result.pairs().size());
    }
}
