package io.firesteel.lowering;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Tactic;
import io.firesteel.graph.Node;
import java.util.List;
import java.util.function.Function;

/** A step before the arena is planned. */
sealed interface StepDraft {

    List<Source> inputs();

    List<Source> outputs();

    /** The step, once every source's operand is known. */
    Step settle(Function<Source, Operand> operand);

    record Layer(Node node, Backend backend, Tactic tactic, Operands operands, List<Source> inputs, List<Source> outputs,
            String reason) implements StepDraft {
        @Override
        public Step settle(Function<Source, Operand> operand) {
            return new Step.Layer(node, backend, tactic, operands, inputs.stream().map(operand).toList(),
                    outputs.stream().map(operand).toList(), reason);
        }
    }

    record Reorder(String value, Backend backend, Place from, Place to) implements StepDraft {
        @Override
        public List<Source> inputs() {
            return List.of(from);
        }

        @Override
        public List<Source> outputs() {
            return List.of(to);
        }

        @Override
        public Step settle(Function<Source, Operand> operand) {
            return new Step.Reorder(value, backend, (Operand.InArena) operand.apply(from), (Operand.InArena) operand.apply(to));
        }
    }

    record Host(Node node, List<Source> inputs, List<Source> outputs, String reason) implements StepDraft {
        @Override
        public Step settle(Function<Source, Operand> operand) {
            return new Step.Host(node, inputs.stream().map(operand).toList(), outputs.stream().map(operand).toList(), reason);
        }
    }
}
