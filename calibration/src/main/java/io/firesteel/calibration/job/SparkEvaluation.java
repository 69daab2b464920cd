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
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.PartitionPruningRDD;
import org.apache.spark.rdd.RDD;
import org.apache.spark.storage.StorageLevel;
import scala.Function1;
import scala.Function2;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag$;

/**
 * Evaluates networks on rows that the executors keep on their disks: a pass is one job with a task for
 * each network and partition.
 */
final class SparkEvaluation implements Evaluation, AutoCloseable {

    private final JavaSparkContext context;
    private final ValidationPlaces places;
    private final CandidateTask candidate;
    private final Consumer<String> progress;
    private final RDD<byte[]> validation;
    private long jobs;

    /** @param rows the rows of each partition that {@code places} names */
    SparkEvaluation(JavaSparkContext context, JavaRDD<ChosenRow> rows, ValidationPlaces places, ValidationTask validate,
            CandidateTask candidate, Consumer<String> progress) {
        this.context = context;
        this.places = places;
        this.candidate = candidate;
        this.progress = progress;
        Function2<Object, scala.collection.Iterator<ChosenRow>, scala.collection.Iterator<byte[]>> computed =
                (Function2<Object, scala.collection.Iterator<ChosenRow>, scala.collection.Iterator<byte[]>> & Serializable)
                (partition, some) -> CollectionConverters.asScala(validate.computed((Integer) partition, CollectionConverters.asJava(some)))
                        .map(ValidationRow::toBytes);
        // Arrays of bytes, known as such, are serialized by Kryo; Java's serialization would keep the last hundred rows. On disk, since
        // Spark counts chunks of 1 MiB in memory as half of what they take of a small heap, two of G1's regions each.
        this.validation = rows.rdd().mapPartitionsWithIndex(computed, true, ClassTag$.MODULE$.<byte[]>apply(byte[].class))
                .persist(StorageLevel.DISK_ONLY());
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
        JavaRDD<ValidationRow> rows = PartitionPruningRDD.create(validation, belongs).toJavaRDD().map(ValidationRow::fromBytes);
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
