package io.firesteel.calibration.sensitivity;

/**
 * One network that the search evaluated.
 *
 * @param part the rows it was evaluated on
 * @param restored how many layers were not in int8: the first ones of the ranking
 * @param rows how many rows
 * @param reference the metric of the fp32 network on them
 * @param candidate the metric of this network
 * @param loss what it loses
 * @param seconds the time of the pass it was part of, shared among the networks of the pass
 */
public record SearchStep(Part part, int restored, long rows, double reference, double candidate, Loss loss, double seconds) { }
