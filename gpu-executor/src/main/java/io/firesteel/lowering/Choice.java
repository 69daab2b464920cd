package io.firesteel.lowering;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Tactic;
import io.firesteel.graph.Node;

/** How one node is to be run. */
sealed interface Choice {

    Node node();

    /** The memory of input 0 under another shape. */
    record AsView(Node node) implements Choice { }

    /** Parts of input 0 along the channels, which consumers read as slices. */
    record AsSlices(Node node) implements Choice { }

    /** A tactic of a backend. */
    record AsKernel(Node node, Backend backend, Tactic tactic, String reason) implements Choice { }

    /** The evaluator on host values. */
    record OnHost(Node node, String reason) implements Choice { }
}
