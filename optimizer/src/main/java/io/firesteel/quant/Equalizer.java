package io.firesteel.quant;

import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.graph.GraphRewriter;
import io.firesteel.graph.Node;
import io.firesteel.op.Activations;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.MatMul;
import io.firesteel.op.Pooling;
import io.firesteel.plan.Plan;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Cross-layer equalization (Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction, 2019): a channel
 * between two products is made smaller in the first and larger in the second, or the other way round, until its weights have the
 * same range in both, so that one scale fits all channels between them.
 *
 * <p>Factors are powers of two, so the equalized network computes the same numbers, whatever the range of its channels. Between
 * the products there may be Relu, LeakyRelu and pooling, which scale with their data; a bounded activation such as ReLU6 does not.
 * A calibration belongs to the equalized plan, whose hash differs.
 */
public final class Equalizer {

    private static final int SWEEP_LIMIT = 40;
    private static final int LARGEST_EXPONENT = 16;
    private static final String KEY = "equalized";
    private static final String COLON = ": ";
    private static final String BETWEEN = " and ";
    private static final String SEPARATOR = "; ";

    private final Graph graph;
    private final Map<Node, Tensor> weights = new LinkedHashMap<>();
    private final Map<Node, Tensor> biases = new HashMap<>();
    private final Map<Node, InputChannels> channels = new HashMap<>();

    private Equalizer(Graph graph) {
        this.graph = graph;
    }

    /**
     * An equalized plan.
     *
     * @param plan the equalized plan, without hash
     * @param pairs the layers between which channels were equalized, the first and the second of each pair
     */
    public record Result(Plan plan, List<List<String>> pairs) { }

    /**
     * Equalizes a plan.
     *
     * @throws FiresteelException {@code QUANTIZED_ALREADY} or {@code EQUALIZED_ALREADY} where the plan is, {@code EQUALIZATION_NONE}
     *     where no two of its layers can be given other ranges
     */
    public static Result equalize(Plan plan) {
        Quantizer.requireRealNumbers(plan);
        if (isEqualized(plan.provenance())) {
            throw FiresteelException.user("EQUALIZED_ALREADY", "model '" + plan.name() + "' is equalized already: calibrate it as it is");
        }
        Equalizer equalizer = new Equalizer(plan.graph());
        Map<Node, Node> pairs = equalizer.pairs();
        List<List<String>> changed = equalizer.run(pairs);
        if (changed.isEmpty()) {
            throw FiresteelException.user("EQUALIZATION_NONE", "model '" + plan.name() + "' has no two layers whose channels equalization"
                    + " would change: one must alone read what the other makes, with Relu, LeakyRelu or pooling between them at most (ReLU6"
                    + " does not scale with its data); calibrate it as it is");
        }
        Map<String, String> provenance = new TreeMap<>(plan.provenance());
        provenance.put(KEY, changed.size() + " pairs of layers" + COLON
                + changed.stream().map(pair -> String.join(BETWEEN, pair)).collect(Collectors.joining(SEPARATOR)));
        if (!plan.hash().isEmpty()) {
            provenance.put("equalized-from", plan.hash());
        }
        return new Result(new Plan(plan.name(), equalizer.rebuilt(), plan.precision(), provenance, plan.rules(), plan.layersBefore(),
                plan.labels(), plan.fp16Overflows(), ""), changed);
    }

    /** Whether a plan of this provenance was equalized, or made from one that was. */
    public static boolean isEqualized(Map<String, String> provenance) {
        return provenance.containsKey(KEY);
    }

    /** The layers that were equalized, each with those it shares equalized channels with, as a plan's provenance tells them. */
    public static Map<String, List<String>> partners(Map<String, String> provenance) {
        Map<String, List<String>> partners = new TreeMap<>();
        String text = provenance.getOrDefault(KEY, COLON);
        for (String pair : text.substring(text.indexOf(COLON) + COLON.length()).split(SEPARATOR)) {
            String[] layers = pair.split(BETWEEN);
            if (layers.length == 2) {
                partners.computeIfAbsent(layers[0], name -> new ArrayList<>()).add(layers[1]);
                partners.computeIfAbsent(layers[1], name -> new ArrayList<>()).add(layers[0]);
            }
        }
        return partners;
    }

    /** Products with the one product that alone reads what they make. */
    private Map<Node, Node> pairs() {
        Map<Node, Node> pairs = new LinkedHashMap<>();
        for (Node node : graph.nodes()) {
            if (isScalable(node) && node.operator() instanceof EpilogueOperator op && scalesWithItsData(op)) {
                next(node).filter(this::isScalable).filter(n -> (n.operator() instanceof MatMul) == (op instanceof MatMul))
                        .filter(n -> channels.get(n).inputs() == channels.get(node).outputs())
                        .ifPresent(n -> pairs.put(node, n));
            }
        }
        return pairs;
    }

    private static boolean scalesWithItsData(EpilogueOperator op) {
        return op.epilogue().inputs() == 1 && op.epilogue().instructions().stream()
                .allMatch(i -> i.operator() instanceof Activations.Relu || i.operator() instanceof Activations.LeakyRelu);
    }

    private boolean isScalable(Node node) {
        if (!(node.operator() instanceof EpilogueOperator) || graph.constant(node.input(0)).isPresent()) {
            return false;
        }
        Optional<InputChannels> form = InputChannels.of(graph, node);
        Optional<Tensor> constant = graph.constant(node.input(1)).filter(w -> w.dataType() == DataType.FLOAT32);
        String bias = node.input(EpilogueOperator.BIAS_INPUT);
        if (form.isEmpty() || constant.isEmpty() || !bias.isEmpty() && graph.constant(bias)
                .filter(b -> b.dataType() == DataType.FLOAT32 && b.elements() == form.get().outputs()).isEmpty()) {
            return false;
        }
        channels.put(node, form.get());
        weights.computeIfAbsent(node, n -> copy(constant.get()));
        if (!bias.isEmpty()) {
            biases.computeIfAbsent(node, n -> copy(graph.constant(bias).orElseThrow()));
        }
        return true;
    }

    private Optional<Node> next(Node node) {
        String value = node.output();
        while (graph.hasOneUse(value)) {
            Node reader = graph.consumers(value).get(0);
            if (!reader.input(0).equals(value)) {
                return Optional.empty();
            }
            if (reader.operator() instanceof EpilogueOperator) {
                return Optional.of(reader);
            }
            boolean pooling = reader.operator() instanceof Pooling.MaxPool || reader.operator() instanceof Pooling.AveragePool
                    || reader.operator() instanceof Pooling.GlobalAveragePool;
            if (!pooling || reader.outputs().stream().filter(o -> !o.isEmpty()).count() != 1) {
                return Optional.empty();
            }
            value = reader.output();
        }
        return Optional.empty();
    }

    private List<List<String>> run(Map<Node, Node> pairs) {
        Map<Node, Boolean> changed = new LinkedHashMap<>();
        boolean again = true;
        for (int sweep = 0; again && sweep < SWEEP_LIMIT; sweep++) {
            again = false;
            for (Map.Entry<Node, Node> pair : pairs.entrySet()) {
                if (equalize(pair.getKey(), pair.getValue())) {
                    changed.put(pair.getKey(), true);
                    again = true;
                }
            }
        }
        weights.keySet().retainAll(new ArrayList<>(weights.keySet()).stream().filter(node -> changed.containsKey(node)
                || changed.keySet().stream().anyMatch(first -> pairs.get(first).equals(node))).toList());
        return changed.keySet().stream().map(first -> List.of(first.name(), pairs.get(first).name())).toList();
    }

    /** Whether a channel between two products was given another factor. */
    private boolean equalize(Node first, Node second) {
        InputChannels made = channels.get(first);
        InputChannels read = channels.get(second);
        double[] before = new double[made.outputs()];
        double[] after = new double[made.outputs()];
        Tensor one = weights.get(first);
        Tensor two = weights.get(second);
        for (int i = 0; i < one.elements(); i++) {
            before[made.output(i)] = Math.max(before[made.output(i)], Math.abs(one.getDouble(i)));
        }
        for (int i = 0; i < two.elements(); i++) {
            after[read.input(i)] = Math.max(after[read.input(i)], Math.abs(two.getDouble(i)));
        }
        double[] factors = new double[before.length];
        boolean any = false;
        for (int i = 0; i < factors.length; i++) {
            int exponent = before[i] > 0 && after[i] > 0 && Double.isFinite(before[i]) && Double.isFinite(after[i])
                    ? (int) Math.rint((Math.getExponent(after[i] / before[i]) + fraction(after[i] / before[i])) / 2) : 0;
            exponent = Math.max(-LARGEST_EXPONENT, Math.min(LARGEST_EXPONENT, exponent));
            factors[i] = Math.scalb(1.0, exponent);
            any |= exponent != 0;
        }
        if (any) {
            for (int i = 0; i < one.elements(); i++) {
                one.setDouble(i, one.getDouble(i) * factors[made.output(i)]);
            }
            Tensor bias = biases.get(first);
            for (int i = 0; bias != null && i < bias.elements(); i++) {
                bias.setDouble(i, bias.getDouble(i) * factors[i]);
            }
            for (int i = 0; i < two.elements(); i++) {
                two.setDouble(i, two.getDouble(i) / factors[read.input(i)]);
            }
        }
        return any;
    }

    /** What a number's binary logarithm has beyond its exponent, linear in between: exact for powers of two. */
    private static double fraction(double number) {
        return number / Math.scalb(1.0, Math.getExponent(number)) - 1;
    }

    private static Tensor copy(Tensor tensor) {
        Tensor copy = Tensor.zeros(tensor.dataType(), tensor.sizes());
        copy.copy(0, tensor, 0, tensor.elements());
        return copy;
    }

    private Graph rebuilt() {
        GraphBuilder builder = new GraphBuilder(graph.name());
        graph.inputs().forEach(input -> builder.input(input, graph.type(input)));
        graph.constants().forEach(builder::constant);
        for (Node node : graph.nodes()) {
            List<String> inputs = new ArrayList<>(node.inputs());
            if (weights.containsKey(node)) {
                inputs.set(1, add(builder, node.input(1), weights.get(node)));
                if (biases.containsKey(node)) {
                    inputs.set(EpilogueOperator.BIAS_INPUT, add(builder, node.input(EpilogueOperator.BIAS_INPUT), biases.get(node)));
                }
            }
            builder.add(new Node(node.name(), node.operator(), inputs, node.outputs(), node.origins()));
        }
        graph.outputs().forEach(output -> builder.output(output.name(), output.value()));
        return new GraphRewriter(builder.build()).apply("equalization");
    }

    private String add(GraphBuilder builder, String value, Tensor tensor) {
        String name = value + "/equalized";
        for (int i = 1; graph.values().contains(name) || builder.isDefined(name); i++) {
            name = value + "/equalized_" + i;
        }
        return builder.constant(name, tensor);
    }
}
