package io.firesteel.reference;

import io.firesteel.op.Operator;
import io.firesteel.tensor.HostValue;
import java.util.List;

/**
 * Computes one operator in plain Java: the meaning of the operator, the oracle of the tests, constant folding, and the
 * backend of last resort. Right first; fast where that costs no clarity.
 *
 * @param <O> the operator's record
 */
@FunctionalInterface
public interface Evaluator<O extends Operator> {

    /**
     * Computes the outputs.
     *
     * @param operator the attributes
     * @param inputs the inputs; they must not be changed, and may be returned
     * @return one value for each output of the operator, or at least as many as the node names
     */
    List<HostValue> evaluate(O operator, EvaluationContext inputs);
}
