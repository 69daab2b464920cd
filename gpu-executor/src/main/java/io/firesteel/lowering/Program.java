package io.firesteel.lowering;

import io.firesteel.graph.Graph;
import java.util.List;

/**
 * A graph lowered to one device and one set of sizes: steps in order, with every tensor placed.
 *
 * @param graph the graph that was lowered, all sizes bound
 * @param steps what is done, in order
 * @param inputs where each input of the graph goes, row-major
 * @param outputs where each output of the graph is found, row-major
 * @param arenaBytes size of the arena that holds the intermediate tensors
 * @param arenaLowerBoundBytes the largest sum of tensors alive at one time
 * @param hostSlots size of the table of host values
 */
public record Program(Graph graph, List<Step> steps, List<Operand> inputs, List<Operand> outputs, long arenaBytes,
        long arenaLowerBoundBytes, int hostSlots) {

    public Program {
        steps = List.copyOf(steps);
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /** Steps that compute. */
    public long layers() {
        return steps.stream().filter(s -> !(s instanceof Step.Reorder)).count();
    }

    /** Layout conversions and copies. */
    public long reorders() {
        return steps.stream().filter(s -> s instanceof Step.Reorder).count();
    }
}
