package io.firesteel.calibration.sensitivity;

import java.util.List;
import java.util.Set;

/** Runs quantized networks over rows and compares them with the fp32 network. */
public interface Evaluation {

    /** Is told of each network as soon as it is compared; by one thread at a time. */
    @FunctionalInterface
    interface Finished {
        /**
         * A network was compared on all rows.
         *
         * @param index in the list of networks
         */
        void measured(int index, Comparison comparison);
    }

    /** How many rows a part has, duplicates counted. */
    long rows(Part part);

    /**
     * Evaluates several networks in one pass over a part's rows.
     *
     * @param restored for each network the layers that are not in int8
     * @param finished is told of each before the pass ends
     * @return for each network its comparison with the fp32 network
     */
    List<Comparison> compare(Part part, List<Set<String>> restored, Finished finished);

    /** Identifies a part's rows: equal for equal ones, each as often. */
    String contents(Part part);
}
