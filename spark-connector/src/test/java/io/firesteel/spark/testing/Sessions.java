package io.firesteel.spark.testing;

import io.firesteel.spark.ModelCatalog;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;

/** Spark sessions for tests. */
public final class Sessions {

    private Sessions() { }

    /** A session of two threads in this JVM whose catalog {@code models} holds the models of a folder. */
    public static SparkSession local(Path models) {
        return SparkSession.builder().master("local[2]").appName("firesteel-tests")
                .config("spark.ui.enabled", false)
                .config("spark.sql.shuffle.partitions", 3)
                .config("spark.sql.warehouse.dir", models.resolveSibling("warehouse").toUri().toString())
                .config("spark.sql.catalog.models", ModelCatalog.class.getName())
                .config("spark.sql.catalog.models.path", models.toUri().toString())
                .getOrCreate();
    }
}
