package io.firesteel.op;

import io.firesteel.tensor.ValueType;
import java.util.List;

/** Operators that only the optimizer makes. */
public final class Fused {

    private Fused() { }

    /**
     * A chain of pointwise operators computed in one pass over memory. Inputs are the program's inputs, broadcast against
     * each other.
     *
     * @param program what is computed
     */
    public record PointwiseChain(PointwiseProgram program) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(Epilogues.infer(program, context.inputTypes(), context));
        }
    }
}
