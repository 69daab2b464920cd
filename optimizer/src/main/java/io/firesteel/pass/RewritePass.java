package io.firesteel.pass;

import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphRewriter;
import io.firesteel.graph.Node;
import java.util.List;

/** Applies rules at every node until none fires. */
public final class RewritePass implements Pass {

    private static final int SWEEP_LIMIT = 500;

    private final List<Rule> rules;

    /** @param rules tried at each node in this order */
    public RewritePass(Rule... rules) {
        this.rules = List.of(rules);
    }

    @Override
    public Graph run(Graph graph, Firings firings) {
        Graph current = graph;
        for (int sweep = 0; sweep < SWEEP_LIMIT; sweep++) {
            GraphRewriter rewriter = new GraphRewriter(current);
            String fired = "";
            for (Node node : current.nodes()) {
                for (Rule rule : rules) {
                    if (rule.apply(node, current).filter(rewriter::accept).isPresent()) {
                        firings.add(rule.name());
                        fired = rule.name();
                        break;
                    }
                }
            }
            if (fired.isEmpty()) {
                return current;
            }
            current = rewriter.apply(fired);
        }
        return current;
    }
}
