package io.firesteel.spark.catalog;

/** A catalog whose functions are the models of a store. */
public interface StoredModels {

    /** The models behind the catalog. */
    ModelStore store();
}
