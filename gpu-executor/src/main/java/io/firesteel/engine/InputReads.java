package io.firesteel.engine;

import io.firesteel.lowering.Operand;
import io.firesteel.lowering.Program;
import io.firesteel.lowering.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Which operands of a program's steps are its inputs, so that they can be read elsewhere than in the arena, where they are not kept. */
final class InputReads {

    private static final int NONE = -1;

    private final Program program;
    private final List<int[]> reads = new ArrayList<>();
    private final boolean[] movable;

    /** Follows the steps: a part of the arena holds an input until something is written there. */
    InputReads(Program program) {
        this.program = program;
        this.movable = new boolean[program.inputs().size()];
        boolean[] alive = new boolean[movable.length];
        for (int i = 0; i < movable.length; i++) {
            movable[i] = program.inputs().get(i) instanceof Operand.InArena
                    && program.steps().stream().noneMatch(s -> s instanceof Step.Host);
            alive[i] = movable[i];
        }
        for (Step step : program.steps()) {
            reads.add(step.inputs().stream().mapToInt(o -> holder(o, alive)).toArray());
            for (int i = 0; i < movable.length; i++) {
                int input = i;
                if (alive[i] && step.outputs().stream().anyMatch(o -> meets(o, input))) {
                    alive[i] = false;
                    movable[i] &= Arrays.stream(reads.get(reads.size() - 1)).noneMatch(r -> r == input);
                }
            }
        }
        program.outputs().forEach(o -> {
            int input = holder(o, alive);
            if (input != NONE) {
                movable[input] = false;
            }
        });
    }

    private int holder(Operand operand, boolean[] alive) {
        for (int i = 0; i < alive.length; i++) {
            if (alive[i] && operand instanceof Operand.InArena place && start(i) <= place.offset() && place.offset() < end(i)) {
                return i;
            }
        }
        return NONE;
    }

    private boolean meets(Operand operand, int input) {
        return operand instanceof Operand.InArena place && place.offset() < end(input)
                && start(input) < place.offset() + place.layout().bytes();
    }

    private long start(int input) {
        return ((Operand.InArena) program.inputs().get(input)).offset();
    }

    private long end(int input) {
        return start(input) + ((Operand.InArena) program.inputs().get(input)).layout().bytes();
    }

    /** Whether an input can lie anywhere: nothing but kernels reads it, and none puts its result in its place. */
    boolean isMovable(int input) {
        return movable[input];
    }

    /**
     * The device address of an operand of a step.
     *
     * @param arena its address where it is in the arena
     * @param moved device addresses of movable inputs, 0 for those that lie in the arena
     */
    long address(int step, int operand, long arena, long[] moved) {
        int input = reads.get(step)[operand];
        return input == NONE || moved[input] == 0 ? arena
                : moved[input] + ((Operand.InArena) program.steps().get(step).inputs().get(operand)).offset() - start(input);
    }
}
