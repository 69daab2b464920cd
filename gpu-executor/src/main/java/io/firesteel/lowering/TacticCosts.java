package io.firesteel.lowering;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorLayout;
import java.util.List;

/** What the tactics of a layer cost, where it has several. */
@FunctionalInterface
public interface TacticCosts {

    /** Each tactic's own estimate. */
    TacticCosts ESTIMATED = (layer, tactic) -> tactic.cost();

    /**
     * A layer and how it can be computed.
     *
     * @param tactics at least one
     */
    record Alternatives(Layer layer, List<Tactic> tactics) { }

    /** Shows all layers of a program before the first cost is asked for. */
    default void survey(List<Alternatives> layers) { }

    /**
     * The cost of one of several tactics, comparable with that of the others and of layout conversions.
     *
     * @return bytes of memory traffic that would take as long
     */
    double cost(Layer layer, Tactic tactic);

    /** Whether costs were measured, so that the choice of a layer's result can depend on what its consumers will cost. */
    default boolean areMeasured() {
        return false;
    }

    /** What converting a tensor from one layout to another costs, in the same unit. */
    default double conversion(TensorLayout from, TensorLayout to) {
        return (double) from.bytes() + to.bytes();
    }
}
