package io.firesteel.pass;

import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphRewriter;
import io.firesteel.pass.fold.FoldConstants;
import java.util.List;

/** The optimizer's passes, in order. */
public final class Pipelines {

    /** What makes a plan: independent of any device, the batch dimension symbolic. */
    private static final List<Pass> PLAN = List.of(
            new RewritePass(new FoldConstants()));

    /** What lowering runs again once the batch size is known: shapes have become constants. */
    private static final List<Pass> BUCKET = List.of(
            new RewritePass(new FoldConstants()));

    private Pipelines() { }

    /** Optimizes an imported network for a plan. */
    public static Graph plan(Graph graph, Firings firings) {
        return run(PLAN, graph, firings);
    }

    /** Simplifies a plan's network whose batch size was bound. */
    public static Graph bucket(Graph graph) {
        return run(BUCKET, graph, new Firings());
    }

    private static Graph run(List<Pass> passes, Graph graph, Firings firings) {
        Graph current = new GraphRewriter(graph).apply("dead-code elimination");
        for (Pass pass : passes) {
            current = pass.run(current, firings);
        }
        return current;
    }
}
