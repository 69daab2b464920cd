package io.firesteel.op;

import io.firesteel.tensor.Shape;
import java.util.List;

/**
 * A convolution or matrix product: inputs 0 data, 1 weights, 2 bias of one element for each output channel or absent, then what
 * its epilogue reads. The epilogue's input 0 is the result with its bias.
 */
public interface EpilogueOperator extends Contraction {

    /** Node input that holds the bias. */
    int BIAS_INPUT = 2;

    /** Node input that holds the epilogue's input 1. */
    int EPILOGUE_INPUT = 3;

    /** The pointwise operators applied to the result. */
    PointwiseProgram epilogue();

    /** The same operator with another epilogue. */
    EpilogueOperator withEpilogue(PointwiseProgram other);

    /** The axis of a result of the given rank along which the weights' output channels lie. */
    default int channelAxis(int rank) {
        return 1;
    }

    /** Counted of the weights of a convolution: each output element with one kernel. */
    @Override
    default double multiplications(List<Shape> inputs, Shape output) {
        return Contraction.product(output.sizes(), 0) * Contraction.product(inputs.get(1).sizes(), 1);
    }
}
