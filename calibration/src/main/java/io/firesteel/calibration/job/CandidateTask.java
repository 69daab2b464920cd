package io.firesteel.calibration.job;

import io.firesteel.calibration.sample.ContentHash;
import io.firesteel.calibration.sensitivity.Comparison;
import io.firesteel.calibration.sensitivity.Metric;
import io.firesteel.calibration.sensitivity.Predictor;
import io.firesteel.calibration.sensitivity.QuantizedPlans;
import io.firesteel.calibration.sensitivity.ScoredOutputs;
import io.firesteel.calibration.sensitivity.ValidationRow;
import io.firesteel.calibration.table.QuantizerInput;
import io.firesteel.engine.EngineCache;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.spark.conf.FiresteelConf;
import io.firesteel.spark.model.ModelSpec;
import io.firesteel.spark.plugin.ExecutorModels;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Compares quantized networks with the fp32 network on a partition of rows. Each executor makes the networks it runs from the
 * plan and the thresholds; an engine serves all its tasks of one network and makes room for the next.
 *
 * @param input what the calibration tells the quantizer
 * @param inputKey identifies that
 * @param precision what layers that are not in int8 may compute in
 */
record CandidateTask(ModelSpec model, FiresteelConf conf, SerializableConfiguration hadoop, Broadcast<QuantizerInput> input,
        String inputKey, Precision precision, Metric metric, ScoredOutputs outputs) implements Serializable {

    /** @param restored the layers that are not in int8 */
    Comparison compare(Iterator<ValidationRow> rows, Set<String> restored) {
        if (!rows.hasNext()) {
            return new Comparison(metric);
        }
        try (EngineCache.Lease lease = ExecutorModels.engine(model, conf, hadoop.value(), variant(restored), plan -> quantized(plan, restored))) {
            return ValidationRow.compare(rows, new Predictor(lease.engine(), outputs), metric);
        }
    }

    private Plan quantized(Plan plan, Set<String> restored) {
        return new QuantizedPlans(input.value().quantizer(plan), precision).plan(plan.name(), restored);
    }

    private String variant(Set<String> restored) {
        String text = precision + "\n" + inputKey + "\n" + String.join("\n", new TreeSet<>(restored));
        return "int8 " + ContentHash.of(text.getBytes(StandardCharsets.UTF_8)).text();
    }
}
