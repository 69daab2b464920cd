package io.firesteel.lowering;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Tactic;
import io.firesteel.graph.Node;
import java.util.List;

/** One thing a session does, in order. */
public sealed interface Step {

    /** What it is called in listings: the node's name, or what is converted. */
    String name();

    /** Where its inputs are, one for each. */
    List<Operand> inputs();

    /** Where its outputs go, one for each. */
    List<Operand> outputs();

    /** Why it runs where and how it does, in one line; empty where there is nothing to say. */
    String reason();

    /**
     * A layer run by a backend's kernel.
     *
     * @param node the layer's node
     * @param backend who runs it
     * @param tactic how
     * @param operands the settled layouts
     */
    record Layer(Node node, Backend backend, Tactic tactic, Operands operands,
            List<Operand> inputs, List<Operand> outputs, String reason) implements Step {
        public Layer {
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
        }

        @Override
        public String name() {
            return node.name();
        }
    }

    /**
     * A conversion of one tensor between layouts, or a copy into a slice of a larger one.
     *
     * @param value the value converted
     * @param backend who runs it
     */
    record Reorder(String value, Backend backend, Operand.InArena from, Operand.InArena to) implements Step {
        @Override
        public String name() {
            return "reorder " + value;
        }

        @Override
        public List<Operand> inputs() {
            return List.of(from);
        }

        @Override
        public List<Operand> outputs() {
            return List.of(to);
        }

        @Override
        public String reason() {
            return from.layout() + " -> " + to.layout();
        }
    }

    /**
     * A node evaluated on host values: sizes that depend on data, sequences, control flow, or a layer no backend has a kernel for.
     *
     * @param node the node
     */
    record Host(Node node, List<Operand> inputs, List<Operand> outputs, String reason) implements Step {
        public Host {
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
        }

        @Override
        public String name() {
            return node.name();
        }
    }
}
