package io.firesteel.op;

/**
 * An operator whose output element depends only on the input elements at the same place, inputs broadcast as ONNX's
 * multidirectional broadcasting says. Pointwise operators fuse into chains and into the epilogues of convolutions and
 * matrix products.
 */
public interface PointwiseOperator extends Operator {

    /** The number of operands. */
    int arity();
}
