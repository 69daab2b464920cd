package io.firesteel.graph;

import java.util.stream.Collectors;

/** Prints a graph for people: one line for each input, node and output. */
public final class GraphPrinter {

    private GraphPrinter() { }

    /** The graph as text, constants shown as their type only. */
    public static String print(Graph graph) {
        StringBuilder text = new StringBuilder("graph ").append(graph.name()).append('\n');
        for (String input : graph.inputs()) {
            text.append("  input ").append(input).append(": ").append(graph.type(input)).append('\n');
        }
        for (Node node : graph.nodes()) {
            text.append("  ")
                    .append(node.outputs().stream().map(o -> o.isEmpty() ? "_" : o + ": " + graph.type(o))
                            .collect(Collectors.joining(", ")))
                    .append(" = ").append(node.operator())
                    .append(node.inputs().stream().map(i -> i.isEmpty() ? "_" : graph.constant(i).isPresent()
                            ? i + ":const" + graph.type(i) : i).collect(Collectors.joining(", ", "(", ")")))
                    .append('\n');
        }
        for (Graph.Output output : graph.outputs()) {
            text.append("  output ").append(output.name()).append(" = ").append(output.value()).append('\n');
        }
        return text.toString();
    }
}
