package io.firesteel.calibration.sensitivity;

import java.util.List;
import java.util.Set;

/** Runs quantized networks over rows and compares them with the fp32 network. */
public interface Evaluation {

    /** How many rows a part has, duplicates counted. */
    long rows(Part part);

    /**
     * Evaluates several networks in one pass over a part's rows.
     *
     * @param restored for each network the layers that are not in int8
     * @return for each network its comparison with the fp32 network
     */
    List<Comparison> compare(Part part, List<Set<String>> restored);
}
