package io.firesteel.pass.fold;

import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphRewriter;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Contraction;
import io.firesteel.op.ControlFlow;
import io.firesteel.op.Filtering;
import io.firesteel.op.Ordering;
import io.firesteel.op.Quantization;
import io.firesteel.pass.Firings;
import io.firesteel.pass.Pass;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Computes what does not depend on the input, in one sweep through the graph.
 *
 * <pre>
 * op(constant, ...)                  ->  constant
 * integers that type inference knows ->  constant
 * </pre>
 *
 * Results much larger than what they are made from stay computed, and so do long sums of products, and loops, whose length nothing
 * bounds.
 */
public final class FoldConstants implements Pass {

    private static final String NAME = FoldConstants.class.getSimpleName();
    private static final long SMALL_BYTES = 1 << 20;
    private static final long GROWTH_LIMIT = 4;

    /** About a second of the reference evaluator. */
    private static final double MULTIPLICATION_LIMIT = 1 << 28;

    /** Operators whose results have sizes that depend on data, but never more elements than a small multiple of the data's. */
    private static final Set<Class<?>> BOUNDED = Set.of(Filtering.NonZero.class, Filtering.Compress.class, Ordering.Unique.class);

    private final boolean quantized;

    /** Folds everything. */
    public FoldConstants() {
        this(true);
    }

    private FoldConstants(boolean quantized) {
        this.quantized = quantized;
    }

    /** Leaves quantized constants quantized: a fraction of the bytes, and what integer kernels read. */
    public static FoldConstants ofRealNumbers() {
        return new FoldConstants(false);
    }

    @Override
    public Graph run(Graph graph, Firings firings) {
        Graph current = graph;
        while (true) {
            Map<String, Tensor> folded = new HashMap<>();
            List<Node> gone = new ArrayList<>();
            for (Node node : current.nodes()) {
                Optional<Map<String, Tensor>> results = fold(node, current, folded);
                results.ifPresent(r -> {
                    folded.putAll(r);
                    gone.add(node);
                    firings.add(NAME);
                });
            }
            if (gone.isEmpty()) {
                return current;
            }
            current = replace(current, gone, folded);
        }
    }

    private static Graph replace(Graph graph, List<Node> gone, Map<String, Tensor> folded) {
        Patch.Builder patch = Patch.on(graph).remove(gone.toArray(Node[]::new));
        Set<String> dead = new HashSet<>();
        gone.forEach(n -> dead.add(n.name()));
        for (Node node : gone) {
            for (String output : node.outputs()) {
                if (folded.containsKey(output) && (graph.isOutput(output)
                        || graph.consumers(output).stream().anyMatch(c -> !dead.contains(c.name())))) {
                    patch.replace(output, patch.constant(output + "/folded", folded.get(output)));
                }
            }
        }
        GraphRewriter rewriter = new GraphRewriter(graph);
        rewriter.accept(patch.build());
        return rewriter.apply(NAME);
    }

    /** The outputs of a node that are constants, or empty where the node has to be computed. */
    private Optional<Map<String, Tensor>> fold(Node node, Graph graph, Map<String, Tensor> folded) {
        if (!quantized && node.operator() instanceof Quantization.DequantizeLinear
                || !node.operator().isDeterministic() || node.outputs().isEmpty()
                || node.operator().getClass().getEnclosingClass() == ControlFlow.class) {
            return Optional.empty();
        }
        Optional<Tensor> known = knownIntegers(node, graph);
        if (known.isPresent()) {
            return Optional.of(Map.of(node.output(), known.get()));
        }
        long inputBytes = 0;
        List<HostValue> inputs = new ArrayList<>();
        for (String input : node.inputs()) {
            Tensor constant = input.isEmpty() ? null : graph.constant(input).orElse(folded.get(input));
            if (constant == null && !input.isEmpty()) {
                return Optional.empty();
            }
            inputs.add(constant);
            inputBytes += constant == null ? 0 : constant.byteSize();
        }
        return mayFold(node, graph, inputBytes) && isShort(node, graph, inputs) ? evaluate(node, inputs) : Optional.empty();
    }

    private static Optional<Map<String, Tensor>> evaluate(Node node, List<HostValue> inputs) {
        List<HostValue> results;
        try {
            results = ReferenceEvaluator.evaluate(node, inputs);
        } catch (FiresteelException e) {
            return Optional.empty();
        }
        Map<String, Tensor> constants = new HashMap<>();
        for (int i = 0; i < node.outputs().size(); i++) {
            if (!node.outputs().get(i).isEmpty()) {
                if (i >= results.size() || !(results.get(i) instanceof Tensor tensor)) {
                    return Optional.empty();
                }
                constants.put(node.outputs().get(i), tensor);
            }
        }
        return Optional.of(constants);
    }

    private static boolean mayFold(Node node, Graph graph, long inputBytes) {
        long limit = Math.max(SMALL_BYTES, inputBytes > Long.MAX_VALUE / GROWTH_LIMIT ? Long.MAX_VALUE : inputBytes * GROWTH_LIMIT);
        for (String output : node.outputs()) {
            if (output.isEmpty()) {
                continue;
            }
            if (!(graph.type(output) instanceof TensorType type)) {
                return false;
            }
            if (type.isStatic() ? type.byteSize() > limit
                    : inputBytes > SMALL_BYTES || !BOUNDED.contains(node.operator().getClass())) {
                return false;
            }
        }
        return true;
    }

    private static boolean isShort(Node node, Graph graph, List<HostValue> inputs) {
        if (!(node.operator() instanceof Contraction contraction)) {
            return true;
        }
        TensorType output = graph.tensor(node.outputs().stream().filter(o -> !o.isEmpty()).findFirst().orElseThrow());
        List<Shape> shapes = new ArrayList<>();
        for (HostValue input : inputs) {
            shapes.add(input instanceof Tensor tensor ? Shape.of(tensor.sizes()) : null);
        }
        return output.isStatic() && contraction.multiplications(shapes, output.shape()) <= MULTIPLICATION_LIMIT;
    }

    private static Optional<Tensor> knownIntegers(Node node, Graph graph) {
        Optional<List<Dim>> value = node.outputs().size() == 1 ? graph.shapeValue(node.output()) : Optional.empty();
        if (value.isEmpty() || !value.get().stream().allMatch(Dim::isConstant)
                || !(graph.type(node.output()) instanceof TensorType type) || !type.isStatic()
                || type.dataType() != DataType.INT64 && type.dataType() != DataType.INT32
                || type.shape().elements() != value.get().size()) {
            return Optional.empty();
        }
        Tensor tensor = Tensor.zeros(type.dataType(), type.shape().sizes());
        for (int i = 0; i < value.get().size(); i++) {
            tensor.setLong(i, value.get().get(i).size());
        }
        return Optional.of(tensor);
    }
}
