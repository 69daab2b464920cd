package io.firesteel.cli;

import io.firesteel.engine.Engine;
import io.firesteel.lowering.Operand;
import io.firesteel.lowering.Program;
import io.firesteel.lowering.Step;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * How long steps take on a device that was timed, with the bytes of their operands and the share of the time in which a copy would
 * move as many; nothing for other devices.
 *
 * @param nanos by step; empty where nothing was timed
 * @param bytes of operands and constants, by step
 * @param bytesPerNano what a copy moves
 */
record StepTimes(long[] nanos, long[] bytes, double bytesPerNano) {

    /** Times a program that can be run by rows. */
    static StepTimes of(Engine engine, Program program, int rows) {
        double bytesPerNano = engine.copyBytesPerNano();
        List<Step> steps = program.steps();
        long[] bytes = new long[steps.size()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = Stream.concat(steps.get(i).inputs().stream(), steps.get(i).outputs().stream()).mapToLong(StepTimes::bytes).sum();
        }
        return new StepTimes(bytesPerNano == 0 ? new long[0] : engine.timeSteps(rows, 1), bytes, bytesPerNano);
    }

    private static long bytes(Operand operand) {
        return operand instanceof Operand.InArena place ? place.layout().bytes()
                : operand instanceof Operand.InConstants constant ? constant.layout().bytes() : 0;
    }

    String heading() {
        return nanos.length == 0 ? "" : "us, MB, of copy speed";
    }

    String text(int step) {
        return nanos.length == 0 ? "" : String.format(Locale.ROOT, "%.1f, %.1f, %.0f%%", nanos[step] / 1e3, bytes[step] / 1e6,
                100 * share(step));
    }

    void describe(int step, Map<String, Object> entry) {
        if (nanos.length > 0) {
            entry.put("us", nanos[step] / 1e3);
            entry.put("bytes", bytes[step]);
            entry.put("copySpeedShare", share(step));
        }
    }

    private double share(int step) {
        return bytes[step] / bytesPerNano / Math.max(1, nanos[step]);
    }
}
