package io.firesteel.backend.cpu;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.op.Operator;
import java.util.Map;

/** A group of operators and how the CPU computes them. */
interface LayerFamily {

    /** Offers for one layer of a class of operators. */
    @FunctionalInterface
    interface LayerOffer {
        Offer offer(Layer layer, Target target);
    }

    /** The operators of the family. */
    Map<Class<? extends Operator>, LayerOffer> offers();
}
