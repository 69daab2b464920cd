package io.firesteel.engine;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Stream;
import io.firesteel.lowering.Operand;
import io.firesteel.memory.Scope;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs of a program on rows in device memory. It reads them where they lie; each run begins with a copy of those inputs whose place in
 * the arena it needs.
 */
final class ResidentRuns implements AutoCloseable {

    private static final int IN_A_ROW = 10;

    /** Rows that each run copies to their place. */
    private record Copy(Memory rows, long place) { }

    private final Scope scope = Scope.root("resident rows");
    private final Stream stream;
    private final BoundProgram program;
    private final List<Copy> copies = new ArrayList<>();

    /** @param inputs with all rows of the program */
    ResidentRuns(Backend backend, Session session, PreparedProgram prepared, ByteBuffer[] inputs) {
        this.stream = session.stream();
        BoundProgram inArena = session.bind(prepared);
        InputReads reads = new InputReads(prepared.program());
        long[] moved = new long[inputs.length];
        for (int i = 0; i < inputs.length; i++) {
            if (prepared.program().inputs().get(i) instanceof Operand.InArena place) {
                Memory rows = scope.own(backend.allocate(Math.max(1, inputs[i].remaining()), Backend.MemoryUse.ARENA));
                stream.copyIn(inputs[i], rows.address());
                if (reads.isMovable(i)) {
                    moved[i] = rows.address();
                } else {
                    copies.add(new Copy(rows, inArena.address(place)));
                }
            }
        }
        stream.synchronize();
        this.program = scope.own(session.bind(prepared, moved));
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
        for (Copy copy : copies) {
            stream.copy(copy.rows.address(), copy.place, copy.rows.bytes());
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
