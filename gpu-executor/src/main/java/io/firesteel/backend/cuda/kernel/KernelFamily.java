package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.op.Operator;
import java.util.Map;

/** A group of operators and the kernels generated for them. */
interface KernelFamily {

    /** Offers for one layer of a class of operators. */
    @FunctionalInterface
    interface LayerOffer {
        Offer offer(Layer layer, KernelTarget target);
    }

    /** The operators of the family. */
    Map<Class<? extends Operator>, LayerOffer> offers();
}
