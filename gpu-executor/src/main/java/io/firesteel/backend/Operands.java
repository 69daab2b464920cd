package io.firesteel.backend;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * The settled layouts of one step: those its tactic named, slices where the tactic accepts slices.
 *
 * @param inputs one for each input, null as the tactic has it
 * @param outputs one for each output, null as the tactic has it
 * @param inPlaceInput the input that shares its memory with output 0, or -1
 */
public record Operands(List<TensorLayout> inputs, List<TensorLayout> outputs, int inPlaceInput) {

    /** No input shares memory with an output. */
    public static final int NOT_IN_PLACE = -1;

    public Operands {
        inputs = Collections.unmodifiableList(Arrays.asList(inputs.toArray(TensorLayout[]::new)));
        outputs = Collections.unmodifiableList(Arrays.asList(outputs.toArray(TensorLayout[]::new)));
    }

    /** The layouts a tactic names, nothing in place. */
    public static Operands of(Tactic tactic) {
        return new Operands(tactic.inputs(), tactic.outputs(), NOT_IN_PLACE);
    }
}
