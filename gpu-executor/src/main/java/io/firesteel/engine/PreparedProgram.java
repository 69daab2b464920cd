package io.firesteel.engine;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.TensorLayout;
import io.firesteel.lowering.Operand;
import io.firesteel.lowering.Program;
import io.firesteel.lowering.Step;
import io.firesteel.memory.Scope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A program with its kernels and the addresses of its constants; shared by all sessions. */
final class PreparedProgram {

    private final Program program;
    private final List<Kernel> kernels = new ArrayList<>();
    private final Map<Operand.InConstants, Long> constants = new HashMap<>();
    private final long scratchBytes;

    /** @param scope owns the kernels */
    PreparedProgram(Program program, Backend device, Constants constants, Scope scope) {
        this.program = program;
        long scratch = 0;
        KernelPreparation preparation = new KernelPreparation(device, constants);
        for (Kernel kernel : preparation.prepare(program.steps())) {
            if (kernel != null) {
                scope.own(kernel);
                scratch = Math.max(scratch, kernel.scratchBytes());
            }
            kernels.add(kernel);
        }
        for (Step step : program.steps()) {
            step.inputs().forEach(i -> place(i, device, constants));
        }
        program.outputs().forEach(o -> place(o, device, constants));
        this.scratchBytes = scratch;
    }

    private void place(Operand operand, Backend device, Constants store) {
        if (operand instanceof Operand.InConstants constant && !constants.containsKey(constant)) {
            TensorLayout linear = TensorLayout.linear(constant.tensor().type());
            constants.put(constant, constant.layout().sameMemory(linear) ? store.linear(constant.tensor())
                    : converted(constant, linear, device, store));
        }
    }

    private static long converted(Operand.InConstants constant, TensorLayout linear, Backend device, Constants store) {
        long source = store.linear(constant.tensor());
        return store.prepared(constant.tensor(), constant.layout(), constant.layout().bytes(), (host, target) -> {
            try (Kernel kernel = device.reorder(linear, constant.layout()); var stream = device.openStream();
                    var scratch = device.allocate(Math.max(1, kernel.scratchBytes()), Backend.MemoryUse.ARENA)) {
                stream.enter();
                try (var launch = kernel.bind(stream, new long[] {source}, new long[] {target}, scratch.address())) {
                    launch.run();
                    stream.synchronize();
                }
            }
        });
    }

    Program program() {
        return program;
    }

    /** The kernel of step {@code index}; null for host steps. */
    Kernel kernel(int index) {
        return kernels.get(index);
    }

    /** Names of the implementations of the steps, in order. */
    List<String> implementations() {
        return kernels.stream().map(kernel -> kernel == null ? "host" : kernel.implementation()).toList();
    }

    long address(Operand.InConstants constant) {
        return constants.get(constant);
    }

    long scratchBytes() {
        return scratchBytes;
    }
}
