package io.firesteel.calibration.sensitivity;

import io.firesteel.calibration.table.CalibrationTable;
import io.firesteel.graph.Node;
import io.firesteel.plan.Plan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * A plan in int8 with the reasons of every layer's precision.
 *
 * @param plan the quantized plan
 * @param table what was found out
 * @param proved the loss on the test rows; empty where nothing was validated
 */
public record Quantization(Plan plan, SensitivityTable table, Optional<SearchStep> proved) {

    private static final double NANOS = 1e9;
    private static final String INT8 = "int8";

    /**
     * Quantizes so that a bound holds on validation rows.
     *
     * @param source the calibrated plan
     * @param plans what it can become; the same that {@code evaluation} runs
     * @param jobs counts the passes over rows, asked at the end
     * @throws io.firesteel.FiresteelException {@code BOUND_NOT_MET} naming the best that was found
     */
    public static Quantization validated(String name, Plan source, QuantizedPlans plans, QuantizationRequest request,
            Evaluation evaluation, LongSupplier jobs) {
        long start = System.nanoTime();
        NestedSearch.Outcome outcome = new NestedSearch(evaluation, request.metric(), request.limit()).run(plans.independent());
        Set<String> restored = outcome.restoredLayers();
        LayerNotes notes = LayerNotes.of(plans, restored, request);
        List<SensitivityTable.Layer> layers = new ArrayList<>();
        for (int i = 0; i < outcome.ranking().size(); i++) {
            LayerEffect effect = outcome.ranking().get(i);
            String reason = restored.contains(effect.layer()) ? restoredReason(outcome, request, i) : request.limit().isEmpty()
                    ? "no bound was asked for" : String.format(Locale.ROOT, "the bound of %s holds with it in int8", request.bound());
            layers.add(notes.layer(effect, reason));
        }
        notes.addNeighbours(layers);
        SensitivityTable table = new SensitivityTable(source.hash(), request.metric().label(), request.bound(), layers, outcome.steps(),
                outcome.layerRows(), outcome.layerSeconds(), jobs.getAsLong(), (System.nanoTime() - start) / NANOS);
        return new Quantization(plans.plan(name, restored), table, Optional.of(outcome.proved()));
    }

    private static String restoredReason(NestedSearch.Outcome outcome, QuantizationRequest request, int rank) {
        String place = "number " + (rank + 1) + " of " + outcome.ranking().size() + " by what they cost alone; ";
        return place + outcome.selection(rank).filter(step -> !step.loss().within(request.bound()))
                .map(step -> "with it in int8 and those before it restored, the loss on the selection rows is " + step.loss())
                .orElse("one of the " + outcome.restored() + " that were restored together until the bound of " + request.bound() + " held");
    }

    /** What is known of each layer in the network that was chosen. */
    private record LayerNotes(List<String> all, Set<String> int8, Map<String, Double> biasCorrections, String otherPrecision) {

        static LayerNotes of(QuantizedPlans plans, Set<String> restored, QuantizationRequest request) {
            return new LayerNotes(plans.quantizer().layers(Set.of()), plans.int8(restored), plans.biasCorrections(restored),
                    request.precision().label());
        }

        SensitivityTable.Layer layer(LayerEffect effect, String reason) {
            return new SensitivityTable.Layer(effect, int8.contains(effect.layer()) ? INT8 : otherPrecision, reason,
                    biasCorrections.getOrDefault(effect.layer(), 0.0));
        }

        /** Adds the layers that follow their neighbours. */
        void addNeighbours(List<SensitivityTable.Layer> layers) {
            Set<String> seen = new HashSet<>();
            layers.forEach(layer -> seen.add(layer.effect().layer()));
            all.stream().filter(name -> !seen.contains(name)).forEach(name -> layers.add(layer(LayerEffect.ofNoise(name, Double.NaN),
                    int8.contains(name) ? "reads what its neighbours make in int8" : "a neighbour is not in int8")));
        }
    }

    /**
     * Quantizes without looking at rows: layers stay as they are that read a tensor whose expected signal-to-noise ratio in int8,
     * as the calibration tells it, is too low.
     */
    public static Quantization byNoise(String name, Plan source, CalibrationTable calibration, QuantizedPlans plans,
            QuantizationRequest request) {
        long start = System.nanoTime();
        Map<String, Double> noise = new HashMap<>();
        for (Node node : source.graph().nodes()) {
            node.inputs().stream().map(calibration.tensors()::get).filter(tensor -> tensor != null)
                    .mapToDouble(tensor -> tensor.chosen().signalToNoise()).filter(ratio -> !Double.isNaN(ratio)).min()
                    .ifPresent(ratio -> noise.merge(node.name(), ratio, Math::min));
        }
        List<LayerEffect> ranking = plans.independent().stream()
                .map(layer -> LayerEffect.ofNoise(layer, noise.getOrDefault(layer, Double.NaN)))
                .sorted(Comparator.comparingDouble(effect -> Double.isNaN(effect.signalToNoise()) ? Double.POSITIVE_INFINITY
                        : effect.signalToNoise())).toList();
        Set<String> restored = new HashSet<>();
        ranking.stream().filter(effect -> effect.signalToNoise() < request.leastSignalToNoise()).forEach(effect -> restored.add(effect.layer()));
        LayerNotes notes = LayerNotes.of(plans, restored, request);
        List<SensitivityTable.Layer> layers = new ArrayList<>();
        for (LayerEffect effect : ranking) {
            layers.add(notes.layer(effect, String.format(Locale.ROOT,
                    "by signal-to-noise alone, not validated: what it reads has %s in int8, %s dB are asked for", Double.isNaN(effect.signalToNoise()) ? "an unknown ratio" : String.format(Locale.ROOT, "%.1f dB", effect.signalToNoise()),
                            request.leastSignalToNoise())));
        }
        notes.addNeighbours(layers);
        SensitivityTable table = new SensitivityTable(source.hash(), "", Double.NaN, layers, List.of(), 0, 0, 0,
                (System.nanoTime() - start) / NANOS);
        return new Quantization(plans.plan(name, restored), table, Optional.empty());
    }

    /** What was done, in one line for people. */
    public String summary() {
        String kept = table.int8Layers() + " of " + table.layers().size() + " layers in int8";
        if (proved.isEmpty()) {
            return kept + ", by signal-to-noise alone: no accuracy was measured";
        }
        SearchStep step = proved.get();
        long selection = table.steps().stream().filter(one -> one.part() == Part.SELECTION).mapToLong(SearchStep::rows).findFirst().orElse(0);
        return String.format(Locale.ROOT, "%s; %s %.4g, %.4g in fp32: loss %s%s, on %d test rows%s", kept, table.metric(), step.candidate(),
                step.reference(), step.loss(), Double.isNaN(table.bound()) ? ", no bound" : ", at most " + table.bound(), step.rows(),
                selection == 0 ? "" : " that share no content with the " + selection + " rows layers were selected by");
    }
}
