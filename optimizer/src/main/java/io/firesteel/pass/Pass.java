package io.firesteel.pass;

import io.firesteel.graph.Graph;

/** One step of the optimizer over a whole graph. */
public interface Pass {

    /**
     * Rewrites a graph.
     *
     * @param firings counts what fired
     * @return the changed graph, or the same one
     */
    Graph run(Graph graph, Firings firings);
}
