package io.firesteel.reference;

import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.Operator;
import io.firesteel.tensor.HostValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Evaluates nodes and whole graphs in plain Java, one node after the other, freeing values after their last use. */
public final class ReferenceEvaluator {

    private ReferenceEvaluator() { }

    /**
     * Evaluates a graph.
     *
     * @param inputs one value for each of the graph's inputs, in order
     * @return one value for each of its outputs, in order
     */
    public static List<HostValue> run(Graph graph, List<HostValue> inputs) {
        if (inputs.size() != graph.inputs().size()) {
            throw FiresteelException.user("INPUT_COUNT", "graph '" + graph.name() + "' takes " + graph.inputs().size()
                    + " inputs, got " + inputs.size());
        }
        Map<String, HostValue> values = new HashMap<>(graph.constants());
        for (int i = 0; i < inputs.size(); i++) {
            values.put(graph.inputs().get(i), inputs.get(i));
        }
        Map<String, Integer> uses = new HashMap<>();
        graph.nodes().forEach(n -> n.inputs().forEach(i -> uses.merge(i, 1, Integer::sum)));
        graph.outputs().forEach(o -> uses.merge(o.value(), 1, Integer::sum));
        for (Node node : graph.nodes()) {
            List<HostValue> nodeInputs = new ArrayList<>(node.inputs().size());
            node.inputs().forEach(i -> nodeInputs.add(values.get(i)));
            List<HostValue> results = evaluate(node, nodeInputs);
            for (int i = 0; i < node.outputs().size(); i++) {
                if (uses.containsKey(node.outputs().get(i))) {
                    values.put(node.outputs().get(i), results.get(i));
                }
            }
            for (String input : node.inputs()) {
                if (uses.merge(input, -1, Integer::sum) == 0) {
                    values.remove(input);
                }
            }
        }
        return graph.outputs().stream().map(o -> values.get(o.value())).toList();
    }

    /**
     * Evaluates one node.
     *
     * @param inputs one value for each input of the node, null where it is absent
     */
    public static List<HostValue> evaluate(Node node, List<HostValue> inputs) {
        return evaluate(node.operator(), new NodeContext(node, inputs));
    }

    private static <O extends Operator> List<HostValue> evaluate(O operator, NodeContext context) {
        try {
            return Evaluators.get().of(operator).evaluate(operator, context);
        } catch (ArithmeticException | IndexOutOfBoundsException | IllegalArgumentException | NegativeArraySizeException e) {
            throw context.error("cannot be evaluated on these inputs (" + e.getMessage() + ")");
        } catch (OutOfMemoryError e) {
            throw FiresteelException.resource("OUT_OF_MEMORY", "node '" + context.node.name() + "' (" + operator.name()
                    + ") needs more heap than there is: run a smaller batch or raise -Xmx");
        }
    }

    private record NodeContext(Node node, List<HostValue> inputs) implements EvaluationContext {

        @Override
        public int inputCount() {
            return inputs.size();
        }

        @Override
        public boolean hasInput(int index) {
            return index < inputs.size() && inputs.get(index) != null;
        }

        @Override
        public HostValue value(int index) {
            if (!hasInput(index)) {
                throw error("input " + index + " is missing");
            }
            return inputs.get(index);
        }

        @Override
        public int outputCount() {
            return node.outputs().size();
        }

        @Override
        public List<HostValue> run(Graph body, List<HostValue> values) {
            return ReferenceEvaluator.run(body, values);
        }

        @Override
        public FiresteelException error(String message) {
            return FiresteelException.atNode("EVALUATION_FAILED", node.name(),
                    "node '" + node.name() + "' (" + node.operator().name() + "): " + message);
        }
    }
}
