package io.firesteel.calibration.sensitivity;

import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.quant.LayerPrecision;
import io.firesteel.quant.Quantizer;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

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
        return Set.copyOf(quantizer.layers(restored));
    }

    /** What bias correction adds to each layer's bias where some layers are restored, as a root mean square; layers of 0 are left out. */
    Map<String, Double> biasCorrections(Set<String> restored) {
        return quantizer.report(restored).stream().filter(layer -> layer.biasCorrection() != 0)
                .collect(Collectors.toMap(LayerPrecision::layer, LayerPrecision::biasCorrection));
    }
}
