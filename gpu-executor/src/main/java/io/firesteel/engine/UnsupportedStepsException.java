package io.firesteel.engine;

import io.firesteel.FiresteelException;
import io.firesteel.lowering.Step;
import java.util.List;

/** Steps whose kernels could not be made because their tactics turned out not to be supported; the cause says why for one of them. */
final class UnsupportedStepsException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final transient List<Step.Layer> steps;

    UnsupportedStepsException(List<Step.Layer> steps, FiresteelException cause) {
        super(cause);
        this.steps = List.copyOf(steps);
    }

    List<Step.Layer> steps() {
        return steps;
    }

    @Override
    public synchronized FiresteelException getCause() {
        return (FiresteelException) super.getCause();
    }
}
