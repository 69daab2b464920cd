package io.firesteel.spark.catalog;

import io.firesteel.FiresteelException;
import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanHeader;
import io.firesteel.spark.model.ModelSpec;

/**
 * One version of a model in a store.
 *
 * @param store where it lies
 * @param name the name SQL calls it by, without the catalog
 * @param uri where the plan file lies
 * @param header what its plan file says of itself
 */
public record StoredModel(ModelStore store, String name, String uri, PlanHeader header) {

    /** The plan's identity. */
    public String hash() {
        return header.hash();
    }

    /**
     * What queries need to know of it.
     *
     * @throws FiresteelException where SQL cannot call the model
     */
    public ModelSpec spec() {
        return ModelSpec.of(name, uri, header);
    }

    /** Loads the whole plan. */
    public Plan plan() {
        return store.plan(this);
    }
}
