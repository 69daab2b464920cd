package io.firesteel.calibration.sensitivity;

import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.quant.LayerPrecision;
import io.firesteel.quant.Quantizer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The int8 plans that one plan and its calibration give.
 *
 * @param quantizer of the plan
 * @param precision what layers that are not in int8 may compute in
 */
public record QuantizedPlans(Quantizer quantizer, Precision precision) {

    /** The plan whose layers are in int8 but those restored. */
    public Plan plan(String name, Set<String> restored) {
        Plan plan = quantizer.quantize(name, restored);
        return new Plan(plan.name(), plan.graph(), precision, plan.provenance(), plan.rules(), plan.layersBefore(), plan.labels(), "");
    }

    /** The layers that are in int8 by themselves, whatever the others are in: the ones to search among. */
    public List<String> independent() {
        List<String> layers = quantizer.layers();
        return layers.stream().filter(layer -> {
            Set<String> others = new HashSet<>(layers);
            others.remove(layer);
            return int8(others).contains(layer);
        }).toList();
    }

    /** The layers that are in int8 where some are restored. */
    public Set<String> int8(Set<String> restored) {
        Set<String> int8 = new HashSet<>(quantizer.layers());
        Set<String> found = new HashSet<>();
        for (LayerPrecision layer : quantizer.report(restored)) {
            if (layer.int8() && int8.contains(layer.layer())) {
                found.add(layer.layer());
            }
        }
        return found;
    }
}
