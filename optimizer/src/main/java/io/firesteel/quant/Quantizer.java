package io.firesteel.quant;

import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.Indexing;
import io.firesteel.op.MatMul;
import io.firesteel.op.Quantization;
import io.firesteel.op.Quantized;
import io.firesteel.pass.Firings;
import io.firesteel.pass.Pipelines;
import io.firesteel.plan.Layers;
import io.firesteel.plan.Plan;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
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
    private final Graph graph;
    private final Map<String, String> provenance;
    private final LayerForms forms;
    private final ScaleGroups scales;
    private final BiasCorrection correction;
    private final long weightOnly;

    private Quantizer(Plan plan, Graph graph, Map<String, String> provenance, LayerForms forms, ScaleGroups scales,
            BiasCorrection correction, long weightOnly) {
        this.plan = plan;
        this.graph = graph;
        this.provenance = provenance;
        this.forms = forms;
        this.scales = scales;
        this.correction = correction;
        this.weightOnly = weightOnly;
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
        requireRealNumbers(plan);
        if (thresholds.keySet().stream().noneMatch(plan.graph().values()::contains)) {
            throw FiresteelException.user("CALIBRATION_OTHER", "none of the " + thresholds.size() + " calibrated tensors is one of model '"
                    + plan.name() + "': calibrate this model");
        }
        Graph graph = Pipelines.quantizable(plan.graph());
        LayerForms forms = new LayerForms(graph);
        return new Quantizer(plan, graph, Map.of(), forms, new ScaleGroups(graph, forms, thresholds), new BiasCorrection(graph, Map.of()),
                Long.MAX_VALUE);
    }

    /**
     * Refuses plans that cannot be calibrated, equalized or quantized.
     *
     * @throws FiresteelException {@code QUANTIZED_ALREADY} where a plan quantizes by itself
     */
    public static void requireRealNumbers(Plan plan) {
        for (Node node : plan.graph().nodes()) {
            if (node.operator() instanceof Quantized || node.operator().getClass().getEnclosingClass() == Quantization.class) {
                throw FiresteelException.user("QUANTIZED_ALREADY", "model '" + plan.name() + "' is quantized already, as its layer '"
                        + node.name() + "' shows: take the model in real numbers that it was made from");
            }
        }
    }

    /** The same, with words on the calibration that quantized plans carry in their provenance: its method and rows. */
    public Quantizer calibratedBy(String calibration) {
        return new Quantizer(plan, graph, with("calibration", calibration), forms, scales, correction, weightOnly);
    }

    /**
     * The same, with what rounding weights takes from the means of results put back into the biases.
     *
     * @param means of the channels of what layers read, by the names of values: axis 1 of a convolution's data, the last one of a
     *         matrix product's; a layer whose means are missing keeps its bias
     */
    public Quantizer correctingBiases(Map<String, double[]> means) {
        return new Quantizer(plan, graph, with("bias-correction", "by the means of " + means.size() + " tensors"), forms, scales,
                new BiasCorrection(graph, Map.copyOf(means)), weightOnly);
    }

    /**
     * The same, with the weights of matrix products that stay in real numbers, and embedding tables, stored as bytes with one scale
     * for each output channel or row, where they have at least so many elements; they are real numbers again on the device.
     */
    public Quantizer weightOnlyFrom(long elements) {
        return new Quantizer(plan, graph, with("weight-only", "from " + elements + " elements"), forms, scales, correction, elements);
    }

    private Map<String, String> with(String key, String text) {
        Map<String, String> added = new TreeMap<>(provenance);
        added.put(key, text);
        return added;
    }

    /** Names of the layers that can be put in int8, in the order of the graph. */
    public List<String> layers() {
        return layers(Set.of());
    }

    /** Names of the layers that are in int8 where some are kept, in the order of the graph. */
    public List<String> layers(Set<String> kept) {
        Assignment assignment = assignment(kept);
        return graph.nodes().stream().filter(assignment::isInt8Layer).map(Node::name).toList();
    }

    /** What {@link #quantize} makes of each layer, in the order of the graph. */
    public List<LayerPrecision> report(Set<String> kept) {
        Assignment assignment = assignment(kept);
        List<LayerPrecision> report = new ArrayList<>();
        for (Node node : graph.nodes()) {
            if (Layers.isLayer(graph, node)) {
                int stored = assignment.isInt8(node) ? -1 : weightOnlyInput(node);
                report.add(new LayerPrecision(node.name(), node.operator().name(), assignment.isInt8(node), assignment.reason(node)
                        + (stored < 0 ? "" : "; weights in int8"), correctionOf(node, assignment)));
            }
        }
        return report;
    }

    private Assignment assignment(Set<String> kept) {
        return new Assignment(graph, forms, scales, kept);
    }

    /**
     * The plan with its layers in int8.
     *
     * @param name of the quantized plan
     * @param kept names of layers that stay in the plan's precision
     * @throws FiresteelException {@code LAYER_UNKNOWN} where one of them is no layer of the plan
     */
    public Plan quantize(String name, Set<String> kept) {
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
        return new Plan(name, quantized, plan.precision(), origin, rules, plan.layersBefore(), plan.labels(), "")
                .withFp16Overflows(plan.fp16Overflows());
    }

    private boolean hasInt8Weights(Node node, Assignment assignment) {
        return assignment.isInt8(node) && forms.of(node) == LayerForms.Form.PRODUCT && graph.constant(node.input(1)).isPresent();
    }

    private WeightQuantization weights(Node node) {
        return WeightQuantization.of(graph.constant(node.input(1)).orElseThrow(), forms.weightsAxis(node));
    }

    private double correctionOf(Node node, Assignment assignment) {
        return hasInt8Weights(node, assignment) && correction.knows(node)
                ? correction.size(node, weights(node), forms.weightsAxis(node)) : 0;
    }

    /** Which input of a real layer is a large constant that is stored as bytes, or -1. */
    private int weightOnlyInput(Node node) {
        int input = node.operator() instanceof MatMul ? 1 : node.operator() instanceof Indexing.Gather gather && gather.axis() == 0 ? 0 : -1;
        return input >= 0 && graph.constant(node.input(input)).filter(w -> w.dataType() == DataType.FLOAT32 && w.rank() == 2
                && w.elements() >= weightOnly).isPresent() ? input : -1;
    }

    /** The graph with what int8 layers read quantized and dequantized, explicitly. */
    private Graph explicit(Assignment assignment) {
        QuantizedGraph result = new QuantizedGraph(graph);
        for (Node node : graph.nodes()) {
            List<String> inputs = new ArrayList<>(node.inputs());
            for (int i = 0; i < inputs.size(); i++) {
                if (assignment.readsBytes(node, i)) {
                    inputs.set(i, result.requantized(node.input(i), scales.scale(node.input(i)).orElseThrow()));
                }
            }
            if (hasInt8Weights(node, assignment)) {
                int axis = forms.weightsAxis(node);
                WeightQuantization weights = weights(node);
                inputs.set(1, result.dequantized(node.input(1), weights, axis));
                correction.bias(node, weights, axis).ifPresent(bias -> {
                    while (inputs.size() <= EpilogueOperator.BIAS_INPUT) {
                        inputs.add("");
                    }
                    inputs.set(EpilogueOperator.BIAS_INPUT, result.constant(node.name() + "/bias", bias));
                });
            } else if (!assignment.isInt8(node) && weightOnlyInput(node) >= 0) {
                int stored = weightOnlyInput(node);
                int axis = stored == 0 ? 0 : forms.weightsAxis(node);
                inputs.set(stored, result.dequantized(node.input(stored),
                        WeightQuantization.of(graph.constant(node.input(stored)).orElseThrow(), axis), axis));
            }
            result.add(node, inputs);
        }
        return result.build();
    }
}
