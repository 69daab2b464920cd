package io.firesteel.calibration.job;

import io.firesteel.calibration.sensitivity.Prediction;
import io.firesteel.calibration.sensitivity.Predictor;
import io.firesteel.calibration.sensitivity.ScoredOutputs;
import io.firesteel.calibration.sensitivity.ValidationPlaces;
import io.firesteel.calibration.sensitivity.ValidationRow;
import io.firesteel.engine.EngineCache;
import io.firesteel.spark.conf.FiresteelConf;
import io.firesteel.spark.model.ModelSpec;
import io.firesteel.spark.plugin.ExecutorModels;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import org.apache.spark.TaskContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Adds to the validation rows what the fp32 network gives for them.
 *
 * @param places which rows, and where they are
 */
record ValidationTask(ModelSpec model, FiresteelConf conf, SerializableConfiguration hadoop, ScoredOutputs outputs,
        Broadcast<ValidationPlaces> places) implements Serializable {

    /** A row whose inputs the predictor holds. */
    private record Staged(long label, int times) { }

    /** The rows of one partition, in the order of their hashes, with the fp32 network's outputs. */
    Iterator<ValidationRow> computed(int partition, Iterator<ChosenRow> rows) {
        if (!rows.hasNext() && places.value().contents().get(partition) == 0) {
            return Collections.emptyIterator();
        }
        EngineCache.Lease lease = ExecutorModels.engine(model, ChunkTask.strict(model, conf), hadoop.value());
        TaskContext.get().addTaskCompletionListener((TaskCompletionListener) ended -> lease.close());
        Predictor predictor = new Predictor(lease.engine(), outputs);
        return new LazyIterator<>() {
            private final List<Staged> batch = new ArrayList<>();
            private List<Prediction> references;
            private int next;
            private int found;

            @Override
            protected boolean fill(Queue<ValidationRow> queue) {
                if (next == batch.size() && !advance()) {
                    return false;
                }
                Staged row = batch.get(next);
                queue.add(new ValidationRow(predictor.inputs(next), row.label(), row.times(), references.get(next)));
                next++;
                return true;
            }

            private boolean advance() {
                batch.clear();
                next = 0;
                while (batch.size() < predictor.capacity() && rows.hasNext()) {
                    ChosenRow row = rows.next();
                    predictor.stage(row.inputs());
                    batch.add(new Staged(row.label(), places.value().places().get(row.hash()).times()));
                }
                if (!batch.isEmpty()) {
                    found += batch.size();
                    references = predictor.run();
                    return true;
                }
                int missing = places.value().contents().get(partition) - found;
                if (missing != 0) {
                    throw ValidationSample.changed(missing);
                }
                return false;
            }
        };
    }
}
