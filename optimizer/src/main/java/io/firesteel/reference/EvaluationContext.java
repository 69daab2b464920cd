package io.firesteel.reference;

import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.List;

/** The inputs of one evaluation, and what an evaluator may ask of its surroundings. */
public interface EvaluationContext {

    /** The number of inputs, absent optional ones in the middle included. */
    int inputCount();

    /** Whether input {@code index} is given. */
    boolean hasInput(int index);

    /** Input {@code index}; an error where it is absent. */
    HostValue value(int index);

    /** The number of outputs the node names. */
    int outputCount();

    /** Evaluates the body of a loop or conditional: one value for each of its inputs gives one for each of its outputs. */
    List<HostValue> run(Graph body, List<HostValue> inputs);

    /** An error that names the node. */
    FiresteelException error(String message);

    /** Input {@code index}, which must be a tensor. */
    default Tensor tensor(int index) {
        if (value(index) instanceof Tensor tensor) {
            return tensor;
        }
        throw error("input " + index + " must be a tensor");
    }
}
