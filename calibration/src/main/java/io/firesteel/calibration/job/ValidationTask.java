package io.firesteel.calibration.job;

import io.firesteel.calibration.sample.ContentHash;
import io.firesteel.calibration.sensitivity.ClassLabels;
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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.Set;
import org.apache.spark.TaskContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.util.SerializableConfiguration;
import org.apache.spark.util.TaskCompletionListener;
import scala.Tuple2;

/**
 * Fetches the validation rows and adds what the fp32 network gives for them.
 *
 * @param places which rows, and where they go
 */
record ValidationTask(ModelSpec model, FiresteelConf conf, SerializableConfiguration hadoop, RowTensors.Layout layout, ClassLabels labels,
        ScoredOutputs outputs, Broadcast<ValidationPlaces> places) implements Serializable {

    /** A row on its way to its partition; ordered by its hash there. */
    record Key(int partition, ContentHash hash) implements Comparable<Key>, Serializable {
        @Override
        public int compareTo(Key other) {
            int first = Integer.compare(partition, other.partition);
            return first != 0 ? first : hash.compareTo(other.hash);
        }
    }

    /** A row's inputs and the index of its class. */
    record Content(byte[] inputs, long label) implements Serializable { }

    /** The rows of a part of the data that were chosen, equal ones once. */
    Iterator<Tuple2<Key, Content>> chosen(Iterator<InternalRow> rows) {
        RowTensors tensors = new RowTensors(layout, TaskContext.get());
        Set<ContentHash> found = new HashSet<>();
        return new Lazily<>() {
            @Override
            protected boolean fill(Queue<Tuple2<Key, Content>> queue) {
                if (!rows.hasNext()) {
                    return false;
                }
                InternalRow row = rows.next();
                byte[] content = tensors.read(row);
                if (content != null && !(layout.first() > 0 && row.isNullAt(0))) {
                    ContentHash hash = ValidationSample.key(content, row, layout);
                    ValidationPlaces.Place place = places.value().places().get(hash);
                    if (place != null && found.add(hash)) {
                        long label = layout.first() == 0 ? 0 : labels.index(row.getUTF8String(0).toString());
                        queue.add(new Tuple2<>(new Key(place.partition(), hash), new Content(content, label)));
                    }
                }
                return true;
            }
        };
    }

    /** The rows of one partition, in the order of their hashes, with the fp32 network's outputs. */
    Iterator<ValidationRow> computed(int partition, Iterator<Tuple2<Key, Content>> rows) {
        if (!rows.hasNext() && places.value().contents().get(partition) == 0) {
            return Collections.emptyIterator();
        }
        EngineCache.Lease lease = ExecutorModels.engine(model, ChunkTask.strict(model, conf), hadoop.value());
        TaskContext.get().addTaskCompletionListener((TaskCompletionListener) ended -> lease.close());
        Predictor predictor = new Predictor(lease.engine(), outputs);
        return new Lazily<>() {
            private ContentHash last;
            private int found;

            @Override
            protected boolean fill(Queue<ValidationRow> queue) {
                List<Tuple2<Key, Content>> batch = new ArrayList<>();
                while (batch.size() < predictor.capacity() && rows.hasNext()) {
                    Tuple2<Key, Content> row = rows.next();
                    if (!row._1().hash().equals(last)) {
                        last = row._1().hash();
                        predictor.stage(row._2().inputs());
                        batch.add(row);
                    }
                }
                if (batch.isEmpty()) {
                    int missing = places.value().contents().get(partition) - found;
                    if (missing != 0) {
                        throw ValidationSample.changed(missing);
                    }
                    return false;
                }
                found += batch.size();
                List<Prediction> references = predictor.run();
                for (int i = 0; i < batch.size(); i++) {
                    Tuple2<Key, Content> row = batch.get(i);
                    queue.add(new ValidationRow(row._2().inputs(), row._2().label(),
                            places.value().places().get(row._1().hash()).times(), references.get(i)));
                }
                return true;
            }
        };
    }

    /** An iterator over elements that are made some at a time. */
    private abstract static class Lazily<T> implements Iterator<T> {
        private final Queue<T> queue = new ArrayDeque<>();
        private boolean more = true;

        /** Adds elements, or none; false where there are no more. */
        protected abstract boolean fill(Queue<T> queue);

        @Override
        public boolean hasNext() {
            while (queue.isEmpty() && more) {
                more = fill(queue);
            }
            return !queue.isEmpty();
        }

        @Override
        public T next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return queue.remove();
        }
    }
}
