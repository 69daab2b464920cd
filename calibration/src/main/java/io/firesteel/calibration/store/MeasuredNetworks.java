package io.firesteel.calibration.store;

import io.firesteel.calibration.sample.ContentHash;
import io.firesteel.calibration.sensitivity.Comparison;
import io.firesteel.calibration.sensitivity.Evaluation;
import io.firesteel.calibration.sensitivity.Part;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An evaluation whose results are kept beside the plan, so that a quantization that was stopped takes the networks that an earlier
 * run had measured. The bits are those of a run that was not stopped.
 */
public final class MeasuredNetworks implements Evaluation {

    private final Evaluation evaluation;
    private final CalibrationFolder folder;
    private final String options;
    private final Set<String> keys = ConcurrentHashMap.newKeySet();
    private final AtomicInteger reused = new AtomicInteger();

    /**
     * @param evaluation computes what is not there
     * @param options everything that the results depend on beside rows and restored layers: plan, quantizer, metric, device
     */
    public MeasuredNetworks(Evaluation evaluation, CalibrationFolder folder, String options) {
        this.evaluation = evaluation;
        this.folder = folder;
        this.options = options;
    }

    @Override
    public long rows(Part part) {
        return evaluation.rows(part);
    }

    @Override
    public String contents(Part part) {
        return evaluation.contents(part);
    }

    @Override
    public List<Comparison> compare(Part part, List<Set<String>> restored, Finished finished) {
        Map<Integer, Comparison> known = new HashMap<>();
        List<Integer> missing = new ArrayList<>();
        List<String> all = restored.stream().map(layers -> key(part, layers)).toList();
        for (int i = 0; i < all.size(); i++) {
            int index = i;
            folder.comparison(all.get(i)).ifPresentOrElse(one -> known.put(index, one), () -> missing.add(index));
        }
        keys.addAll(all);
        reused.addAndGet(known.size());
        known.forEach(finished::measured);
        if (!missing.isEmpty()) {
            List<Comparison> measured = evaluation.compare(part, missing.stream().map(restored::get).toList(), (index, one) -> {
                folder.write(all.get(missing.get(index)), one);
                finished.measured(missing.get(index), one);
            });
            for (int i = 0; i < missing.size(); i++) {
                known.put(missing.get(i), measured.get(i));
            }
        }
        List<Comparison> comparisons = new ArrayList<>();
        for (int i = 0; i < restored.size(); i++) {
            comparisons.add(known.get(i));
        }
        return comparisons;
    }

    private String key(Part part, Set<String> restored) {
        String text = options + "\n" + part + " " + contents(part) + "\n" + String.join("\n", new TreeSet<>(restored));
        return ContentHash.of(text.getBytes(StandardCharsets.UTF_8)).text();
    }

    /** How many networks an earlier run had measured. */
    public int reused() {
        return reused.get();
    }

    /** Deletes what belongs to other rows, options and networks. */
    public void finish() {
        folder.keepOnlyComparisons(keys);
    }
}
