package io.firesteel.engine;

import io.firesteel.backend.Launch;
import io.firesteel.backend.Stream;
import io.firesteel.lowering.Operand;
import io.firesteel.lowering.Step;
import io.firesteel.tensor.HostValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A program bound to one session's memory. */
final class BoundProgram implements AutoCloseable {

    private final PreparedProgram prepared;
    private final boolean hostMemory;
    private final Stream stream;
    private final long arena;
    private final HostValue[] slots;
    private final List<Launch> launches = new ArrayList<>();
    private final List<Launch> stretches = new ArrayList<>();

    /**
     * @param arena address of the program's arena
     * @param scratch address of its kernels' scratch memory
     * @param hostMemory whether both are host memory
     * @param moved device addresses of inputs that lie elsewhere, which {@link InputReads} permits; 0 for those in the arena
     */
    BoundProgram(PreparedProgram prepared, Stream stream, long arena, long scratch, boolean hostMemory, long[] moved) {
        this.prepared = prepared;
        this.hostMemory = hostMemory;
        this.stream = stream;
        this.arena = arena;
        this.slots = new HostValue[prepared.program().hostSlots()];
        List<Step> steps = prepared.program().steps();
        InputReads reads = new InputReads(prepared.program());
        List<Launch> stretch = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) {
            if (steps.get(i) instanceof Step.Host host) {
                close(stretch);
                Launch launch = new HostStepLaunch(host, this, new Transfers(stream, hostMemory));
                launches.add(launch);
                stretches.add(launch);
            } else {
                long[] inputs = addresses(steps.get(i).inputs());
                for (int operand = 0; operand < inputs.length; operand++) {
                    inputs[operand] = reads.address(i, operand, inputs[operand], moved);
                }
                Launch launch = prepared.kernel(i).bind(stream, inputs, addresses(steps.get(i).outputs()), scratch);
                launches.add(launch);
                stretch.add(launch);
            }
        }
        close(stretch);
    }

    private void close(List<Launch> stretch) {
        if (!stretch.isEmpty()) {
            stretches.add(stream.sequence(List.copyOf(stretch), prepared.program().arenaBytes()));
            stretch.clear();
        }
    }

    private long[] addresses(List<Operand> operands) {
        return operands.stream().mapToLong(this::address).toArray();
    }

    /** The device address of an operand; 0 where it has none. */
    long address(Operand operand) {
        if (operand instanceof Operand.InArena place) {
            return arena + place.offset();
        }
        return operand instanceof Operand.InConstants constant ? prepared.address(constant) : 0;
    }

    HostValue slot(int index) {
        return slots[index];
    }

    void setSlot(int index, HostValue value) {
        slots[index] = value;
    }

    /** The value at a place, off the device; a constant or a host value as it is. */
    HostValue value(Operand place, Transfers transfers) {
        if (place instanceof Operand.InHost host) {
            return slots[host.slot()];
        }
        if (place instanceof Operand.InConstants constant) {
            return constant.tensor();
        }
        return transfers.read(((Operand.InArena) place).layout().type(), address(place));
    }

    PreparedProgram prepared() {
        return prepared;
    }

    /** Runs all steps; results are in place once the stream has been synchronized. */
    void run() {
        for (Launch stretch : stretches) {
            stretch.run();
        }
    }

    /** Runs step by step and adds the time each took, in nanoseconds. */
    void runTimed(long[] nanos) {
        stream.synchronize();
        for (int i = 0; i < launches.size(); i++) {
            if (!hostMemory && !(launches.get(i) instanceof HostStepLaunch)) {
                nanos[i] += (long) LaunchTimer.nanos(stream, launches.get(i));
                continue;
            }
            long start = System.nanoTime();
            launches.get(i).run();
            stream.synchronize();
            nanos[i] += System.nanoTime() - start;
        }
    }

    /** How many steps there are. */
    int steps() {
        return launches.size();
    }

    /** The launch of one step; its place and what it needs stay this program's. */
    Launch launch(int step) {
        return launches.get(step);
    }

    /** Forgets the values of the last run. */
    void clear() {
        Arrays.fill(slots, null);
    }

    @Override
    public void close() {
        stretches.forEach(s -> {
            if (!launches.contains(s)) {
                s.close();
            }
        });
        launches.forEach(Launch::close);
    }
}
