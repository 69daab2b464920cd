package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.Stream;
import io.firesteel.backend.cuda.driver.CudaStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An execution plan as a kernel, perhaps with launches before and after it that rearrange its operands. Changed only while it is made. */
final class PlanKernel implements Kernel {

    private final ExecutionPlan plan;
    private final DnnGraph graph;
    private final Map<Integer, Place> places;
    private final List<Stage> before = new ArrayList<>();
    private final List<Stage> after = new ArrayList<>();
    private long scratch;

    /**
     * Where a tensor of the graph lies.
     *
     * @param kind what the number is an index or address of
     * @param number index or device address
     * @param offset bytes after it
     */
    record Place(Kind kind, long number, long offset) {

        /** What a place refers to. */
        enum Kind { INPUT, OUTPUT, CONSTANT, SCRATCH }

        static Place input(int index) {
            return new Place(Kind.INPUT, index, 0);
        }

        static Place input(int index, long offset) {
            return new Place(Kind.INPUT, index, offset);
        }

        static Place output() {
            return new Place(Kind.OUTPUT, 0, 0);
        }

        static Place constant(long address) {
            return new Place(Kind.CONSTANT, address, 0);
        }

        private long address(long[] inputs, long[] outputs, long scratch) {
            long start = switch (kind) {
                case INPUT -> inputs[(int) number];
                case OUTPUT -> outputs[(int) number];
                case CONSTANT -> number;
                case SCRATCH -> scratch;
            };
            return start + offset;
        }
    }

    /** A launch before or after the plan's. */
    @FunctionalInterface
    interface Stage {

        /**
         * @param inputs see {@link Kernel#bind}
         * @param outputs see {@link Kernel#bind}
         * @param scratch see {@link Kernel#bind}
         */
        Launch bind(CudaStream stream, long[] inputs, long[] outputs, long scratch);
    }

    /** @param places by tensor id, one for each of the graph's tensors in memory */
    PlanKernel(ExecutionPlan plan, DnnGraph graph, Map<Integer, Place> places) {
        this.plan = plan;
        this.graph = graph;
        this.places = new HashMap<>(places);
    }

    /** Keeps a tensor of the graph in scratch memory; gives the bytes before it. */
    long keepInScratch(GraphTensor tensor, long bytes) {
        long offset = scratch;
        scratch += Sizes.roundUp(bytes, 256);
        places.put(tensor.id(), new Place(Place.Kind.SCRATCH, 0, offset));
        return offset;
    }

    PlanKernel before(Stage stage) {
        before.add(stage);
        return this;
    }

    PlanKernel after(Stage stage) {
        after.add(stage);
        return this;
    }

    @Override
    public String implementation() {
        return "cudnn:" + plan.configuration() + (before.isEmpty() ? "" : ":packed") + (after.isEmpty() ? "" : ":unpacked");
    }

    @Override
    public long scratchBytes() {
        return scratch + plan.workspaceBytes();
    }

    @Override
    public Launch bind(Stream stream, long[] inputs, long[] outputs, long scratchAddress) {
        CudaStream cuda = (CudaStream) stream;
        cuda.enter();
        Map<Integer, Long> addresses = new HashMap<>();
        places.forEach((id, place) -> addresses.put(id, place.address(inputs, outputs, scratchAddress)));
        for (Map.Entry<Integer, Long> address : addresses.entrySet()) {
            if (address.getValue() % GraphTensor.ALIGNMENT != 0) {
                throw new IllegalArgumentException("tensor " + address.getKey() + " of " + implementation() + " is not aligned to "
                        + GraphTensor.ALIGNMENT + " bytes");
            }
        }
        List<Launch> launches = new ArrayList<>();
        before.forEach(stage -> launches.add(stage.bind(cuda, inputs, outputs, scratchAddress)));
        launches.add(plan.bind(cuda, addresses, graph.scalars(), plan.workspaceBytes() == 0 ? 0 : scratchAddress + scratch));
        after.forEach(stage -> launches.add(stage.bind(cuda, inputs, outputs, scratchAddress)));
        return Launch.sequence(launches);
    }
}
