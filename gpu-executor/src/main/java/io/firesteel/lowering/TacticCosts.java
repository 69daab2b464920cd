package io.firesteel.lowering;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Tactic;

/** What the tactics of a layer cost, where it has several. */
@FunctionalInterface
public interface TacticCosts {

    /** Each tactic's own estimate. */
    TacticCosts ESTIMATED = (layer, tactic) -> tactic.cost();

    /**
     * The cost of one of several tactics, comparable with that of the others and of layout conversions.
     *
     * @return bytes of memory traffic that would take as long
     */
    double cost(Layer layer, Tactic tactic);
}
