package io.firesteel.pass;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import java.util.Optional;

/** One rewrite: a pattern around a node, a guard, and the replacement. */
public interface Rule {

    /** The name in listings. */
    default String name() {
        return getClass().getSimpleName();
    }

    /**
     * Matches at a node.
     *
     * @return the change, or empty where the rule does not apply
     */
    Optional<Patch> apply(Node node, Graph graph);
}
