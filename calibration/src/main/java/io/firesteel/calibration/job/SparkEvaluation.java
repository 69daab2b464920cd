package io.firesteel.calibration.job;

import io.firesteel.calibration.sensitivity.Comparison;
import io.firesteel.calibration.sensitivity.Evaluation;
import io.firesteel.calibration.sensitivity.Part;
import io.firesteel.calibration.sensitivity.ValidationPlaces;
import io.firesteel.calibration.sensitivity.ValidationRow;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.PartitionPruningRDD;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.storage.StorageLevel;
import scala.Function1;
import scala.reflect.ClassTag$;

/**
 * Evaluates networks on rows that the cluster holds, spilled to disk where they do not fit: a pass is one job with a task for
 * each network and partition.
 */
final class SparkEvaluation implements Evaluation, AutoCloseable {

    private final JavaSparkContext context;
    private final ValidationPlaces places;
    private final CandidateTask candidate;
    private final Consumer<String> progress;
    private final JavaRDD<ValidationRow> validation;
    private long jobs;

    /** One partition for each that a row's key names. */
    private static final class ByPlace extends Partitioner {

        private static final long serialVersionUID = 1;

        private final int partitions;

        ByPlace(int partitions) {
            this.partitions = partitions;
        }

        @Override
        public int numPartitions() {
            return partitions;
        }

        @Override
        public int getPartition(Object key) {
            return ((ValidationTask.Key) key).partition();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof ByPlace place && place.partitions == partitions;
        }

        @Override
        public int hashCode() {
            return partitions;
        }
    }

    SparkEvaluation(JavaSparkContext context, JavaRDD<InternalRow> rows, ValidationPlaces places, ValidationTask validate,
            CandidateTask candidate, Consumer<String> progress) {
        this.context = context;
        this.places = places;
        this.candidate = candidate;
        this.progress = progress;
        this.validation = rows.mapPartitionsToPair(validate::chosen)
                .repartitionAndSortWithinPartitions(new ByPlace(places.contents().size()))
                .mapPartitionsWithIndex(validate::computed, true)
                .persist(StorageLevel.MEMORY_AND_DISK_SER());
    }

    @Override
    public long rows(Part part) {
        return places.rows().get(part);
    }

    @Override
    public String contents(Part part) {
        return places.contents(part);
    }

    @Override
    public List<Comparison> compare(Part part, List<Set<String>> restored, Finished finished) {
        if (restored.isEmpty()) {
            return List.of();
        }
        int start = places.start(part);
        int end = places.ends().get(part);
        Function1<Object, Object> belongs = (Function1<Object, Object> & Serializable) index -> (Integer) index >= start && (Integer) index < end;
        JavaRDD<ValidationRow> rows = PartitionPruningRDD.create(validation.rdd(), belongs).toJavaRDD();
        CandidateTask task = candidate;
        List<JavaRDD<Comparison>> all = new ArrayList<>();
        for (Set<String> layers : restored) {
            all.add(rows.mapPartitions(some -> List.of(task.compare(some, layers)).iterator()));
        }
        @SuppressWarnings({"unchecked", "rawtypes"})
        JavaRDD<Comparison> union = context.union((JavaRDD<Comparison>[]) all.toArray(new JavaRDD[0]));
        jobs++;
        String what = String.format(Locale.ROOT, "%s, %d networks on %d rows", switch (part) {
            case LAYERS -> "measuring each layer of " + candidate.model().name();
            case SELECTION -> "selecting layers of " + candidate.model().name();
            case TEST -> "testing " + candidate.model().name();
        }, restored.size(), rows(part));
        try (NetworkResults results = new NetworkResults(candidate.metric(), restored.size(), end - start, finished)) {
            Function1<scala.collection.Iterator<Comparison>, Comparison> only =
                    (Function1<scala.collection.Iterator<Comparison>, Comparison> & Serializable) scala.collection.Iterator::next;
            Progress.during(context.sc(), what, progress, () -> {
                context.sc().runJob(union.rdd(), only, results, ClassTag$.MODULE$.apply(Comparison.class));
                return null;
            });
            return results.merged();
        }
    }

    /** The jobs that were run. */
    long jobs() {
        return jobs;
    }

    @Override
    public void close() {
        validation.unpersist(true);
    }
}
