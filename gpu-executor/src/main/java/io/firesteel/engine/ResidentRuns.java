package io.firesteel.engine;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Stream;
import io.firesteel.lowering.Operand;
import io.firesteel.memory.Scope;
import java.nio.ByteBuffer;
import java.util.List;

/** Runs of a program on rows in device memory. Each begins with a copy of them, because the arena's part for inputs is used again. */
final class ResidentRuns implements AutoCloseable {

    private static final int IN_A_ROW = 10;

    private final Scope scope = Scope.root("resident rows");
    private final Stream stream;
    private final BoundProgram program;
    private final Memory[] rows;
    private final long[] places;

    /** @param inputs with all rows of the program */
    ResidentRuns(Backend backend, Stream stream, BoundProgram program, ByteBuffer[] inputs) {
        this.stream = stream;
        this.program = program;
        this.rows = new Memory[inputs.length];
        this.places = new long[inputs.length];
        List<Operand> operands = program.prepared().program().inputs();
        for (int i = 0; i < inputs.length; i++) {
            if (operands.get(i) instanceof Operand.InArena place) {
                rows[i] = scope.own(backend.allocate(Math.max(1, inputs[i].remaining()), Backend.MemoryUse.ARENA));
                places[i] = program.address(place);
                stream.copyIn(inputs[i], rows[i].address());
            }
        }
        stream.synchronize();
    }

    /** Nanoseconds of one run, for each window; see {@link Engine#timeRuns}. */
    double[] time(double warmUpSeconds, int windows, double seconds) {
        window(warmUpSeconds);
        double[] nanos = new double[windows];
        for (int i = 0; i < windows; i++) {
            nanos[i] = window(seconds);
        }
        return nanos;
    }

    private double window(double seconds) {
        long start = System.nanoTime();
        long runs = 0;
        do {
            for (int i = 0; i < IN_A_ROW; i++) {
                run();
            }
            stream.synchronize();
            runs += IN_A_ROW;
        } while (System.nanoTime() - start < seconds * 1e9);
        return (double) (System.nanoTime() - start) / runs;
    }

    private void run() {
        for (int i = 0; i < rows.length; i++) {
            if (rows[i] != null) {
                stream.copy(rows[i].address(), places[i], rows[i].bytes());
            }
        }
        program.run();
    }

    @Override
    public void close() {
        stream.synchronize();
        program.clear();
        scope.close();
    }
}
