package io.firesteel.calibration.sensitivity;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * A row that networks are compared on.
 *
 * @param inputs the model's inputs one after the other, row-major and little endian
 * @param label the index of its class; 0 where the metric needs none
 * @param times how often the row occurs
 * @param reference what the fp32 network gives for it
 */
public record ValidationRow(byte[] inputs, long label, int times, Prediction reference) implements Serializable {

    /** Compares a network with the fp32 network on rows. */
    public static Comparison compare(Iterator<ValidationRow> rows, Predictor candidate, Metric metric) {
        Comparison comparison = new Comparison(metric);
        List<ValidationRow> batch = new ArrayList<>();
        while (rows.hasNext()) {
            ValidationRow row = rows.next();
            batch.add(row);
            candidate.stage(row.inputs());
            if (batch.size() == candidate.capacity() || !rows.hasNext()) {
                List<Prediction> predictions = candidate.run();
                for (int i = 0; i < batch.size(); i++) {
                    ValidationRow one = batch.get(i);
                    comparison.add(one.reference(), predictions.get(i), one.label(), one.times());
                }
                batch.clear();
            }
        }
        return comparison;
    }
}
