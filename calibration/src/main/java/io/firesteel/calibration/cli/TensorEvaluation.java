package io.firesteel.calibration.cli;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Device;
import io.firesteel.calibration.sample.ContentHash;
import io.firesteel.calibration.sample.SmallestHashes;
import io.firesteel.calibration.sensitivity.ClassLabels;
import io.firesteel.calibration.sensitivity.Comparison;
import io.firesteel.calibration.sensitivity.Evaluation;
import io.firesteel.calibration.sensitivity.Part;
import io.firesteel.calibration.sensitivity.Prediction;
import io.firesteel.calibration.sensitivity.Predictor;
import io.firesteel.calibration.sensitivity.QuantizationRequest;
import io.firesteel.calibration.sensitivity.QuantizedPlans;
import io.firesteel.calibration.sensitivity.ScoredOutputs;
import io.firesteel.calibration.sensitivity.ValidationPlaces;
import io.firesteel.calibration.sensitivity.ValidationRow;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Evaluates networks in this process on rows held as tensors; the rows and their parts are those a Spark job would take. */
final class TensorEvaluation implements Evaluation {

    private static final double NANOS = 1e9;

    private record Placed(int row, long label, int times) { }

    private final Map<Part, List<ValidationRow>> rows = new EnumMap<>(Part.class);
    private final ValidationPlaces places;
    private final QuantizedPlans plans;
    private final QuantizationRequest request;
    private final ScoredOutputs outputs;
    private final Device device;
    private final Consumer<String> progress;
    private long jobs;

    /**
     * @param engine the fp32 network
     * @param tensors its inputs
     * @param labels one for each row, or null where the metric needs none
     */
    TensorEvaluation(Engine engine, TensorRows tensors, Tensor labels, QuantizedPlans plans, QuantizationRequest request,
            Consumer<String> progress) {
        this.plans = plans;
        this.request = request;
        this.device = engine.device();
        this.progress = progress;
        this.outputs = ScoredOutputs.of(engine.signature(), request.metric());
        if (labels != null && labels.elements() != tensors.rows()) {
            throw FiresteelException.user("LABEL_INVALID", "there are " + labels.elements() + " labels for " + tensors.rows() + " rows");
        }
        ClassLabels classes = new ClassLabels(engine.plan().labels(), outputs.classes());
        SmallestHashes selection = new SmallestHashes(request.rows() / 2);
        SmallestHashes test = new SmallestHashes(request.rows() / 2);
        Map<ContentHash, Placed> found = new HashMap<>();
        for (int i = 0; i < tensors.rows(); i++) {
            ContentHash hash = ContentHash.of(tensors.row(i));
            String label = labels == null ? null : text(labels.getDouble(i));
            ContentHash key = label == null ? hash : hash.with(label);
            found.putIfAbsent(key, new Placed(i, label == null ? 0 : classes.index(label), 0));
            (Part.of(key) == Part.TEST ? test : selection).add(key);
        }
        places = ValidationPlaces.of(selection.sample(), test.sample(), request.layerRows());
        TreeMap<Integer, TreeMap<ContentHash, Placed>> sorted = new TreeMap<>();
        places.places().forEach((key, place) -> sorted.computeIfAbsent(place.partition(), absent -> new TreeMap<>())
                .put(key, new Placed(found.get(key).row(), found.get(key).label(), place.times())));
        Predictor predictor = new Predictor(engine, outputs);
        for (Part part : Part.values()) {
            List<Placed> placed = new ArrayList<>();
            sorted.subMap(places.start(part), places.ends().get(part)).values().forEach(some -> placed.addAll(some.values()));
            rows.put(part, computed(placed, tensors, predictor));
        }
    }

    private static String text(double label) {
        return label == Math.rint(label) ? Long.toString((long) label) : Double.toString(label);
    }

    private static List<ValidationRow> computed(List<Placed> placed, TensorRows tensors, Predictor predictor) {
        List<ValidationRow> rows = new ArrayList<>();
        for (int from = 0; from < placed.size(); from += predictor.capacity()) {
            List<Placed> batch = placed.subList(from, Math.min(from + predictor.capacity(), placed.size()));
            batch.forEach(one -> predictor.stage(tensors.row(one.row())));
            List<Prediction> predictions = predictor.run();
            for (int i = 0; i < batch.size(); i++) {
                Placed one = batch.get(i);
                rows.add(new ValidationRow(tensors.row(one.row()), one.label(), one.times(), predictions.get(i)));
            }
        }
        return rows;
    }

    /** The passes over the rows, the one included that chose them. */
    long jobs() {
        return jobs + 1;
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
        jobs++;
        List<Comparison> comparisons = new ArrayList<>();
        long start = System.nanoTime();
        for (Set<String> layers : restored) {
            try (Engine engine = Engine.open(plans.plan("candidate", layers), device, EngineOptions.defaults())) {
                comparisons.add(ValidationRow.compare(rows.get(part).iterator(), new Predictor(engine, outputs), request.metric()));
            }
            int done = comparisons.size();
            finished.measured(done - 1, comparisons.get(done - 1));
            progress.accept(String.format(Locale.ROOT, "%s: %d of %d networks on %d rows, about %.0f s left", switch (part) {
                case LAYERS -> "measuring each layer";
                case SELECTION -> "selecting layers";
                case TEST -> "testing";
            }, done, restored.size(), rows(part), (System.nanoTime() - start) / NANOS / done * (restored.size() - done)));
        }
        return comparisons;
    }
}
