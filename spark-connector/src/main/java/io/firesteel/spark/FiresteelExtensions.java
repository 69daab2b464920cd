package io.firesteel.spark;

import io.firesteel.spark.catalog.ModelParser;
import io.firesteel.spark.catalyst.CheckModelCalls;
import io.firesteel.spark.catalyst.LiftModelCalls;
import io.firesteel.spark.catalyst.ModelStrategy;
import io.firesteel.spark.catalyst.ResolveModelCalls;
import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.SparkSessionExtensionsProvider;
import scala.runtime.BoxedUnit;

/**
 * Teaches a Spark session to compute model calls. Spark finds it by itself when the jar is on the class path, in classic
 * sessions and in Connect servers; where that is switched off, name it in {@code spark.sql.extensions}.
 */
public final class FiresteelExtensions implements SparkSessionExtensionsProvider {

    @Override
    public BoxedUnit apply(SparkSessionExtensions extensions) {
        extensions.injectParser(ModelParser::new);
        extensions.injectResolutionRule(session -> new ResolveModelCalls());
        extensions.injectCheckRule(session -> new CheckModelCalls());
        extensions.injectPreCBORule(session -> new LiftModelCalls());
        extensions.injectPlannerStrategy(session -> new ModelStrategy());
        return BoxedUnit.UNIT;
    }
}
