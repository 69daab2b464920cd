package io.firesteel.engine;

import io.firesteel.backend.Launch;
import io.firesteel.backend.reference.HostEvaluator;
import io.firesteel.lowering.Operand;
import io.firesteel.lowering.Step;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** A node evaluated on host values between stretches of device work. */
final class HostStepLaunch implements Launch {

    private final Step.Host step;
    private final BoundProgram program;
    private final Transfers transfers;

    HostStepLaunch(Step.Host step, BoundProgram program, Transfers transfers) {
        this.step = step;
        this.program = program;
        this.transfers = transfers;
    }

    @Override
    public void run() {
        List<HostValue> inputs = new ArrayList<>(step.inputs().size());
        for (Operand input : step.inputs()) {
            inputs.add(read(input));
        }
        List<HostValue> results = HostEvaluator.evaluate(step.node(), inputs);
        for (int i = 0; i < step.outputs().size(); i++) {
            write(results.get(i), step.outputs().get(i));
        }
    }

    private HostValue read(Operand operand) {
        if (operand instanceof Operand.InHost host) {
            return program.slot(host.slot());
        }
        if (operand instanceof Operand.InConstants constant) {
            return constant.tensor();
        }
        return operand instanceof Operand.InArena place ? transfers.read(place.layout().type(), program.address(place)) : null;
    }

    private void write(HostValue value, Operand operand) {
        if (operand instanceof Operand.InHost host) {
            program.setSlot(host.slot(), value);
        } else if (operand instanceof Operand.InArena place) {
            HostEvaluator.requireType(step.node(), value, place.layout().type());
            transfers.write((Tensor) value, program.address(place));
        }
    }
}
