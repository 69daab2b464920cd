package io.firesteel.pass.pattern;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Mathematics;
import io.firesteel.pass.Constants;
import io.firesteel.pass.Rule;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Recognises the Gaussian error linear unit in the products that exporters emit, in any order of the factors.
 *
 * <pre>
 * x * (0.5 * (1 + Erf(x / sqrt(2))))                                     ->   Gelu
 * (0.5 * x) * (1 + Tanh(sqrt(2 / pi) * (x + 0.044715 * Pow(x, 3))))      ->   Gelu(tanh)
 * </pre>
 */
public final class RecognizeGelu implements Rule {

    private static final double ROOT_TWO = Math.sqrt(2);

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!(node.operator() instanceof Arithmetic.Mul)) {
            return Optional.empty();
        }
        List<String> variables = new ArrayList<>();
        double scale = factors(node, graph, variables);
        if (variables.size() != 2 || !Constants.isAbout(scale, 0.5)) {
            return Optional.empty();
        }
        return match(node, graph, variables.get(0), variables.get(1))
                .or(() -> match(node, graph, variables.get(1), variables.get(0)));
    }

    /** Collects the factors of a product through its own products; returns the product of the constant ones. */
    private static double factors(Node product, Graph graph, List<String> variables) {
        double scale = 1;
        Deque<String> open = new ArrayDeque<>(product.inputs());
        while (!open.isEmpty()) {
            String value = open.poll();
            var scalar = Constants.scalar(graph, value);
            Optional<Node> inner = Constants.onlyFor(graph, value, Arithmetic.Mul.class);
            if (scalar.isPresent()) {
                scale *= scalar.getAsDouble();
            } else if (inner.isPresent()) {
                open.addAll(inner.get().inputs());
            } else {
                variables.add(value);
            }
        }
        return scale;
    }

    private static Optional<Patch> match(Node node, Graph graph, String x, String onePlus) {
        if (!Constants.sameShape(graph, x, node.output())) {
            return Optional.empty();
        }
        Optional<Node> sum = graph.producer(onePlus).filter(n -> n.operator() instanceof Arithmetic.Add);
        if (sum.isEmpty()) {
            return Optional.empty();
        }
        Optional<String> curve = Constants.variable(graph, sum.get())
                .filter(v -> Constants.isAbout(graph, Constants.other(sum.get(), v), 1));
        Optional<Node> function = curve.flatMap(graph::producer);
        if (function.isEmpty()) {
            return Optional.empty();
        }
        boolean erf = function.get().operator() instanceof Mathematics.Erf && isErfArgument(graph, function.get().input(0), x);
        boolean tanh = function.get().operator() instanceof Activations.Tanh && isTanhArgument(graph, function.get().input(0), x);
        if (!erf && !tanh) {
            return Optional.empty();
        }
        return Optional.of(Patch.on(graph).remove(node).put(new Activations.Gelu(tanh), List.of(x), node.outputs()).build());
    }

    private static boolean isErfArgument(Graph graph, String value, String x) {
        Optional<Node> scaled = graph.producer(value).filter(n -> n.inputs().contains(x));
        if (scaled.isEmpty()) {
            return false;
        }
        String factor = Constants.other(scaled.get(), x);
        return scaled.get().operator() instanceof Arithmetic.Div && scaled.get().input(0).equals(x)
                && Constants.isAbout(graph, factor, ROOT_TWO)
                || scaled.get().operator() instanceof Arithmetic.Mul && Constants.isAbout(graph, factor, 1 / ROOT_TWO);
    }

    private static boolean isTanhArgument(Graph graph, String value, String x) {
        return scaledBy(graph, value, Math.sqrt(2 / Math.PI))
                .flatMap(sum -> graph.producer(sum).filter(n -> n.operator() instanceof Arithmetic.Add && n.inputs().contains(x)))
                .flatMap(sum -> scaledBy(graph, Constants.other(sum, x), 0.044715))
                .filter(cube -> isCube(graph, cube, x))
                .isPresent();
    }

    private static Optional<String> scaledBy(Graph graph, String value, double factor) {
        return graph.producer(value).filter(n -> n.operator() instanceof Arithmetic.Mul)
                .flatMap(n -> Constants.variable(graph, n).filter(v -> Constants.isAbout(graph, Constants.other(n, v), factor)));
    }

    private static boolean isCube(Graph graph, String value, String x) {
        Optional<Node> node = graph.producer(value);
        if (node.isEmpty()) {
            return false;
        }
        if (node.get().operator() instanceof Arithmetic.Pow) {
            return node.get().input(0).equals(x) && Constants.isExactly(graph, node.get().input(1), 3);
        }
        return node.get().operator() instanceof Arithmetic.Mul && node.get().inputs().contains(x)
                && graph.producer(Constants.other(node.get(), x)).filter(n -> n.operator() instanceof Arithmetic.Mul
                        && n.inputs().equals(List.of(x, x))).isPresent();
    }
}
