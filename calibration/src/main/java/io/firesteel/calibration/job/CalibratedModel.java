package io.firesteel.calibration.job;

import io.firesteel.FiresteelException;
import io.firesteel.quant.Equalizer;
import io.firesteel.spark.catalog.ModelStore;
import io.firesteel.spark.catalog.StoredModel;
import java.util.Optional;

/**
 * The model that a calibration is for.
 *
 * @param stored the model itself, or the equalized one made from it
 * @param pairs pairs of layers that were equalized, or null
 */
record EqualizedModel(StoredModel stored, Integer pairs) {

    /**
     * Makes a model's equalized plan the version in use of another model, where one is asked for.
     *
     * @param name of the equalized model; empty leaves the model as it is
     * @throws FiresteelException where the model cannot be equalized, or the name is its own
     */
    static EqualizedModel of(ModelStore store, StoredModel model, Optional<String> name) {
        if (name.isEmpty()) {
            return new EqualizedModel(model, null);
        }
        if (ModelStore.requireName(name.get()).equals(model.spec().name())) {
            throw FiresteelException.user("CALIBRATION_OPTION", "equalize = '" + name.get()
                    + "' is the model itself, which stays as it is: give the equalized model a name of its own");
        }
        Equalizer.Result result = Equalizer.equalize(model.plan());
        return new EqualizedModel(store.publish(name.get(), result.plan()), result.pairs().size());
    }
}
