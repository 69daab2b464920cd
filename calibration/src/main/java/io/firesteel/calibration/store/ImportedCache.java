package io.firesteel.calibration.store;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.cache.CalibrationCache;
import io.firesteel.calibration.table.CalibrationTable;
import io.firesteel.plan.Plan;
import io.firesteel.quant.QuantizableValues;
import io.firesteel.quant.Quantizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A TensorRT calibration cache as the calibration of a plan.
 *
 * @param table the thresholds of the tensors that the plan has
 * @param warnings one line where names of one are missing in the other
 */
public record ImportedCache(CalibrationTable table, List<String> warnings) {

    private static final int EXAMPLES = 5;

    /** @throws FiresteelException {@code CALIBRATION_CACHE} where no name of the cache is a tensor of the plan, or the plan is
     *     equalized, {@code QUANTIZED_ALREADY} where it is quantized */
    public static ImportedCache of(CalibrationCache cache, Plan plan) {
        Quantizer.requireRealNumbers(plan);
        CalibrationCache.requireOriginal(plan);
        List<String> wanted = QuantizableValues.of(plan.graph());
        Map<String, Double> known = new LinkedHashMap<>(cache.thresholds());
        known.keySet().retainAll(wanted);
        if (known.isEmpty()) {
            throw FiresteelException.user("CALIBRATION_CACHE", "none of the cache's " + cache.scales().size()
                    + " tensors is one of model '" + plan.name() + "', which has " + examples(wanted) + ": it belongs to another model");
        }
        List<String> warnings = new ArrayList<>();
        List<String> absent = wanted.stream().filter(name -> !known.containsKey(name)).toList();
        if (!absent.isEmpty()) {
            warnings.add(absent.size() + " tensors of the model have no scale in the cache: " + examples(absent));
        }
        List<String> unused = cache.scales().keySet().stream().filter(name -> !known.containsKey(name)).toList();
        if (!unused.isEmpty()) {
            warnings.add(unused.size() + " tensors of the cache are none that the optimized model quantizes: " + examples(unused));
        }
        return new ImportedCache(CalibrationTable.imported(plan.hash(), known), warnings);
    }

    private static String examples(List<String> names) {
        return String.join(", ", names.subList(0, Math.min(EXAMPLES, names.size()))) + (names.size() > EXAMPLES ? ", ..." : "");
    }
}
