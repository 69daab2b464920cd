package io.firesteel.spark.catalog;

import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanHeader;
import io.firesteel.spark.model.ModelSpec;

/**
 * One version of a model in a store.
 *
 * @param store where it lies
 * @param spec what queries need to know of it
 * @param header what its plan file says of itself
 */
public record StoredModel(ModelStore store, ModelSpec spec, PlanHeader header) {

    /** Loads the whole plan. */
    public Plan plan() {
        return store.plan(this);
    }
}
