package io.firesteel.quant;

import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.Quantization;
import io.firesteel.op.Quantized;
import io.firesteel.pass.Firings;
import io.firesteel.pass.Pipelines;
import io.firesteel.plan.Layers;
import io.firesteel.plan.Plan;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Puts a plan's layers into int8 by calibrated thresholds: TensorRT's scheme, symmetric, activations by one scale of
 * threshold / 127 for the tensor, weights by one scale for each output channel, from -127 to 127.
 *
 * <p>Quantization and dequantization are put around what int8 layers read, and the optimizer's rules take them into the layers.
 * The same plan, thresholds and kept layers give the same plan, byte by byte. Immutable.
 */
public final class Quantizer {

    private static final int EXAMPLES = 5;

    private final Plan plan;
    private final Map<String, String> provenance;
    private final LayerForms forms;
    private final ScaleGroups scales;

    private Quantizer(Plan plan, Map<String, String> provenance, LayerForms forms, ScaleGroups scales) {
        this.plan = plan;
        this.provenance = provenance;
        this.forms = forms;
        this.scales = scales;
    }

    /**
     * Prepares a plan for quantization.
     *
     * @param plan an optimized plan in real numbers
     * @param thresholds the magnitudes that become 127, by the names of the plan's values; where one is missing, not positive or not
     *         finite, the layers that would need it stay as they are
     * @throws FiresteelException {@code QUANTIZED_ALREADY} where the plan quantizes by itself, {@code CALIBRATION_OTHER} where
     *         no name is one of its values
     */
    public static Quantizer of(Plan plan, Map<String, Float> thresholds) {
        Graph graph = plan.graph();
        for (Node node : graph.nodes()) {
            if (node.operator() instanceof Quantized || node.operator().getClass().getEnclosingClass() == Quantization.class) {
                throw FiresteelException.user("QUANTIZED_ALREADY", "model '" + plan.name() + "' is quantized already, as its layer '"
                        + node.name() + "' shows: quantize the model in real numbers that it was made from");
            }
        }
        if (thresholds.keySet().stream().noneMatch(graph.values()::contains)) {
            throw FiresteelException.user("CALIBRATION_OTHER", "none of the " + thresholds.size() + " calibrated tensors is one of model '"
                    + plan.name() + "': calibrate this model");
        }
        LayerForms forms = new LayerForms(graph);
        return new Quantizer(plan, Map.of(), forms, new ScaleGroups(graph, forms, thresholds));
    }

    /** The same, with words on the calibration that quantized plans carry in their provenance: its method and rows. */
    public Quantizer calibratedBy(String calibration) {
        Map<String, String> added = new TreeMap<>(provenance);
        added.put("calibration", calibration);
        return new Quantizer(plan, added, forms, scales);
    }

    /** Names of the layers that can be put in int8, in the order of the graph. */
    public List<String> layers() {
        Assignment assignment = assignment(Set.of());
        return plan.graph().nodes().stream().filter(assignment::isInt8Layer).map(Node::name).toList();
    }

    /** What {@link #quantize} makes of each layer, in the order of the graph. */
    public List<LayerPrecision> report(Set<String> kept) {
        Assignment assignment = assignment(kept);
        List<LayerPrecision> report = new ArrayList<>();
        for (Node node : plan.graph().nodes()) {
            if (Layers.isLayer(plan.graph(), node)) {
                report.add(new LayerPrecision(node.name(), node.operator().name(), assignment.isInt8(node), assignment.reason(node)));
            }
        }
        return report;
    }

    private Assignment assignment(Set<String> kept) {
        return new Assignment(plan.graph(), forms, scales, kept);
    }

    /**
     * The plan with its layers in int8.
     *
     * @param name of the quantized plan
     * @param kept names of layers that stay in the plan's precision
     * @throws FiresteelException {@code LAYER_UNKNOWN} where one of them is no layer of the plan
     */
    public Plan quantize(String name, Set<String> kept) {
        Graph graph = plan.graph();
        Set<String> unknown = new TreeSet<>(kept);
        graph.nodes().forEach(node -> unknown.remove(node.name()));
        if (!unknown.isEmpty()) {
            List<String> layers = layers();
            throw FiresteelException.user("LAYER_UNKNOWN", "model '" + plan.name() + "' has no layer " + unknown + "; its layers are "
                    + String.join(", ", layers.subList(0, Math.min(EXAMPLES, layers.size()))) + (layers.size() > EXAMPLES ? ", ..." : ""));
        }
        Assignment assignment = assignment(kept);
        Firings firings = new Firings();
        Graph quantized = Pipelines.quantized(explicit(assignment), firings);
        Map<String, Long> rules = new LinkedHashMap<>(plan.rules());
        firings.counts().forEach((rule, count) -> rules.merge(rule, count, Long::sum));
        Map<String, String> origin = new TreeMap<>(plan.provenance());
        origin.putAll(provenance);
        origin.put("quantization", "int8");
        if (!plan.hash().isEmpty()) {
            origin.put("quantized-from", plan.hash());
        }
        if (!kept.isEmpty()) {
            origin.put("kept", String.join(", ", new TreeSet<>(kept)));
        }
        return new Plan(name, quantized, plan.precision(), origin, rules, plan.layersBefore(), plan.labels(), "");
    }

    /** The graph with what int8 layers read quantized and dequantized, explicitly. */
    private Graph explicit(Assignment assignment) {
        Graph graph = plan.graph();
        QuantizedGraph result = new QuantizedGraph(graph);
        Map<String, WeightQuantization> weights = new HashMap<>();
        for (Node node : graph.nodes()) {
            List<String> inputs = new ArrayList<>();
            for (int i = 0; i < node.inputs().size(); i++) {
                String value = node.input(i);
                if (assignment.readsBytes(node, i)) {
                    inputs.add(result.requantized(value, scales.scale(value).orElseThrow()));
                } else if (i == 1 && assignment.isInt8(node) && forms.of(node) == LayerForms.Form.PRODUCT) {
                    Tensor constant = graph.constant(value).orElseThrow();
                    int axis = forms.weightsAxis(node);
                    inputs.add(result.dequantized(value, weights.computeIfAbsent(value + "/" + axis,
                            k -> WeightQuantization.of(constant, axis)), axis));
                } else {
                    inputs.add(value);
                }
            }
            result.add(node, inputs);
        }
        return result.build();
    }
}
