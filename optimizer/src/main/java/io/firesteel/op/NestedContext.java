package io.firesteel.op;

import io.firesteel.FiresteelException;

/** What type inference of an operator inside another may ask: other inputs, one output, the node's surroundings. */
interface NestedContext extends InferenceContext {

    /** The surroundings of the node that holds the operator. */
    InferenceContext outer();

    @Override
    default int outputCount() {
        return 1;
    }

    @Override
    default String freshSymbol(String hint) {
        return outer().freshSymbol(hint);
    }

    @Override
    default FiresteelException error(String message) {
        return outer().error(message);
    }
}
