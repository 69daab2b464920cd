package io.firesteel.engine;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorLayout;
import io.firesteel.lowering.Step;
import io.firesteel.lowering.TacticCosts;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Costs without the tactics whose kernels could not be made: a layer takes one of those only where it has no other. */
final class RefusedTactics implements TacticCosts {

    private static final double REFUSED = 1e18;

    private record Refused(String node, String tactic, List<TensorLayout> inputs, List<TensorLayout> outputs) {

        static Refused of(String node, Tactic tactic) {
            return new Refused(node, tactic.name(), tactic.inputs(), tactic.outputs());
        }
    }

    private final TacticCosts costs;
    private final Set<Refused> refused = new HashSet<>();

    RefusedTactics(TacticCosts costs) {
        this.costs = costs;
    }

    /** Refuses the tactics of these steps; false where one of them was refused before. */
    boolean refuse(List<Step.Layer> steps) {
        return steps.stream().allMatch(s -> refused.add(Refused.of(s.node().name(), s.tactic())));
    }

    @Override
    public void survey(List<Alternatives> layers) {
        costs.survey(layers);
    }

    @Override
    public boolean areMeasured() {
        return costs.areMeasured();
    }

    @Override
    public double conversion(TensorLayout from, TensorLayout to) {
        return costs.conversion(from, to);
    }

    @Override
    public double cost(Layer layer, Tactic tactic) {
        return refused.contains(Refused.of(layer.node().name(), tactic)) ? REFUSED : costs.cost(layer, tactic);
    }
}
