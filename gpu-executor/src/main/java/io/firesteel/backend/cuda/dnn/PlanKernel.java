package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Stream;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.backend.cuda.driver.CudaStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An execution plan as a kernel, after a packing of its input where it needs one. */
final class PlanKernel implements Kernel {

    private final ExecutionPlan plan;
    private final DnnGraph graph;
    private final Map<Integer, Place> places;
    private final InputPacking packing;
    private final CudaFunction packer;

    /**
     * Where a tensor of the graph lies.
     *
     * @param kind what the number is an index or address of
     * @param number index or device address
     * @param offset bytes after it
     */
    record Place(Kind kind, long number, long offset) {

        /** What a place refers to. */
        enum Kind { INPUT, OUTPUT, CONSTANT, PACKED }

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

        static Place packed() {
            return new Place(Kind.PACKED, 0, 0);
        }

        private long address(long[] inputs, long[] outputs, long packed) {
            long start = switch (kind) {
                case INPUT -> inputs[(int) number];
                case OUTPUT -> outputs[(int) number];
                case CONSTANT -> number;
                case PACKED -> packed;
            };
            return start + offset;
        }
    }

    /**
     * @param places by tensor id, one for each of the graph's tensors in memory
     * @param packing fills {@link Place#packed} from input 0, or null
     * @param packer its compiled function, or null
     */
    PlanKernel(ExecutionPlan plan, DnnGraph graph, Map<Integer, Place> places, InputPacking packing, CudaFunction packer) {
        this.plan = plan;
        this.graph = graph;
        this.places = Map.copyOf(places);
        this.packing = packing;
        this.packer = packer;
    }

    @Override
    public String implementation() {
        return "cudnn:" + plan.configuration() + (packing == null ? "" : ":packed");
    }

    @Override
    public long scratchBytes() {
        return packedBytes() + plan.workspaceBytes();
    }

    private long packedBytes() {
        return packing == null ? 0 : Sizes.roundUp(packing.bytes(), 256);
    }

    @Override
    public Launch bind(Stream stream, long[] inputs, long[] outputs, long scratch) {
        CudaStream cuda = (CudaStream) stream;
        cuda.enter();
        Map<Integer, Long> addresses = new HashMap<>();
        places.forEach((id, place) -> addresses.put(id, place.address(inputs, outputs, scratch)));
        for (Map.Entry<Integer, Long> address : addresses.entrySet()) {
            if (address.getValue() % GraphTensor.ALIGNMENT != 0) {
                throw new IllegalArgumentException("tensor " + address.getKey() + " of " + implementation() + " is not aligned to "
                        + GraphTensor.ALIGNMENT + " bytes");
            }
        }
        Launch main = plan.bind(cuda, addresses, graph.scalars(), plan.workspaceBytes() == 0 ? 0 : scratch + packedBytes());
        if (packing == null) {
            return main;
        }
        return new Sequence(List.of(packing.bind(packer, cuda, inputs[0], scratch), main));
    }

    private record Sequence(List<Launch> launches) implements Launch {

        @Override
        public void run() {
            for (Launch launch : launches) {
                launch.run();
            }
        }

        @Override
        public void close() {
            for (Launch launch : launches) {
                launch.close();
            }
        }
    }

    @Override
    public void close() {
        plan.close();
    }
}
