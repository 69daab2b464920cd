package io.firesteel.backend.cuda.dnn;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Trials;
import io.firesteel.backend.TuningBudget;
import io.firesteel.backend.cuda.driver.CudaEvent;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.backend.cuda.driver.DeviceMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/** Times on random data what computes a graph. Safe for many threads: one measurement at a time. */
final class GraphTimer {

    private static final int PATTERN_BYTES = 4 << 20;
    private static final int LEAST_RUNS = 1;
    private static final int MOST_RUNS = 8;
    private static final float MILLIS = 1;
    /** The shortest of several counts, because other processes may use the device. */
    private static final int PARTS = 4;

    private final CudaStream stream;
    private ByteBuffer pattern;

    /** @param stream for this alone */
    GraphTimer(CudaStream stream) {
        this.stream = stream;
    }

    /** Something that computes a graph: bound to device addresses by tensor id. */
    @FunctionalInterface
    interface Bindable {

        /** @param addresses by tensor id, and the workspace's by {@link #WORKSPACE} */
        Launch bind(CudaStream stream, Map<Integer, Long> addresses);

        /** The key of the workspace. */
        int WORKSPACE = 0;
    }

    /**
     * Milliseconds of one execution; infinite where the plan fails or memory is short.
     *
     * @param trials those that the measurement belongs to
     * @param hopeless milliseconds that are so many that one execution tells enough
     * @return not a number where the trials were over before the device was free
     */
    float time(DnnGraph graph, ExecutionPlan plan, Trials trials, float hopeless) {
        try {
            return (float) TuningBudget.alone(() -> trials.areOver() ? Double.NaN
                    : measure(graph, plan.workspaceBytes(), hopeless, (on, addresses) -> {
                        Map<Integer, Long> tensors = new HashMap<>(addresses);
                        long workspace = tensors.remove(Bindable.WORKSPACE);
                        return plan.bind(on, tensors, graph.scalars(), workspace);
                    }));
        } catch (FiresteelException e) {
            if (e.kind() == FiresteelException.Kind.RESOURCE || e.code().equals(DnnStatus.UNSUPPORTED)
                    || e.code().equals("CUDNN_EXECUTION")) {
                return Float.POSITIVE_INFINITY;
            }
            throw e;
        }
    }

    /**
     * Milliseconds of one execution.
     *
     * @throws FiresteelException of kind RESOURCE where memory is short
     */
    float time(DnnGraph graph, long workspaceBytes, Bindable bindable) {
        return (float) TuningBudget.alone(() -> measure(graph, workspaceBytes, Float.POSITIVE_INFINITY, bindable));
    }

    private double measure(DnnGraph graph, long workspaceBytes, float hopeless, Bindable bindable) {
        Map<Integer, Long> offsets = new HashMap<>();
        long bytes = 0;
        for (GraphTensor tensor : graph.memory()) {
            offsets.put(tensor.id(), bytes);
            bytes += (extent(tensor) + 255) / 256 * 256;
        }
        offsets.put(Bindable.WORKSPACE, bytes);
        stream.enter();
        try (DeviceMemory memory = stream.context().allocate(bytes + workspaceBytes + 256)) {
            fill(memory);
            offsets.replaceAll((id, offset) -> memory.address() + offset);
            try (Launch launch = bindable.bind(stream, offsets)) {
                return time(launch, hopeless);
            } finally {
                stream.synchronize();
            }
        }
    }

    private static long extent(GraphTensor tensor) {
        long last = 0;
        for (int i = 0; i < tensor.sizes().size(); i++) {
            last += (tensor.sizes().get(i) - 1) * tensor.strides().get(i);
        }
        return (last + 1) * tensor.type().bytes();
    }

    /** Fills memory with random halves between -1 and 1, which read as floats or bf16 are small numbers too. */
    private void fill(DeviceMemory memory) {
        if (pattern == null) {
            pattern = ByteBuffer.allocateDirect(PATTERN_BYTES).order(ByteOrder.nativeOrder());
            Random random = new Random(1);
            while (pattern.hasRemaining()) {
                int bits = random.nextInt();
                pattern.putShort((short) (bits & 0x8000 | (8 + (bits >>> 16 & 7)) << 10 | bits & 0x3ff));
            }
        }
        int first = (int) Math.min(PATTERN_BYTES, memory.bytes());
        stream.copyIn(pattern.duplicate().position(0).limit(first), memory.address());
        for (long done = first; done < memory.bytes(); done *= 2) {
            stream.copy(memory.address(), memory.address() + done, Math.min(done, memory.bytes() - done));
        }
        stream.synchronize();
    }

    private float time(Launch launch, float hopeless) {
        launch.run();
        try (CudaEvent start = CudaEvent.timing(); CudaEvent end = CudaEvent.timing()) {
            start.record(stream);
            launch.run();
            end.record(stream);
            end.synchronize();
            float single = end.millisSince(start);
            if (single >= hopeless) {
                return single;
            }
            int runs = Math.max(LEAST_RUNS, Math.min(MOST_RUNS, (int) (MILLIS / Math.max(0.001f, single))));
            float best = single;
            for (int part = 0; part < PARTS; part++) {
                start.record(stream);
                for (int i = 0; i < runs; i++) {
                    launch.run();
                }
                end.record(stream);
                end.synchronize();
                best = Math.min(best, end.millisSince(start) / runs);
            }
            return best;
        }
    }
}
