package io.firesteel.backend.cuda;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.cuda.driver.CudaContext;

/**
 * A group of layers and how GPUs compute them. Families are found through {@link java.util.ServiceLoader}; several may offer tactics
 * for one layer, and all of them are compared.
 */
public interface CudaLayerFamily {

    /**
     * What the family can do for a layer. Called often and by many threads: nothing is compiled or allocated here.
     *
     * @param layer a layer of static sizes
     * @param context the GPU
     * @return tactics, or why there are none; {@link Offer#none} with the reason {@link #NOT_MINE} for operators of other families
     */
    Offer offer(Layer layer, CudaContext context);

    /** The reason that is left out of messages. */
    String NOT_MINE = "not of this family";

    /** An offer for an operator of another family. */
    static Offer notMine() {
        return Offer.none(NOT_MINE);
    }
}
