package io.firesteel.backend.cuda.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.CudaLayerFamily;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaDevice;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.memory.NativeMemory;
import io.firesteel.op.Operator;
import io.firesteel.plan.Precision;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Computes one layer by every generated tactic, in every precision, also in place and in slices, and compares with the evaluator. */
final class GeneratedLayerCheck {

    private static CudaContext context;

    private final Operator operator;
    private final int outputs;
    private final List<Tensor> values = new ArrayList<>();
    private final List<Boolean> constant = new ArrayList<>();
    private double looseness = 1;
    private boolean rounded;
    private CudaLayerFamily family = new GeneratedKernels();

    private GeneratedLayerCheck(Operator operator, int outputs) {
        this.operator = operator;
        this.outputs = outputs;
    }

    static GeneratedLayerCheck of(Operator operator) {
        return of(operator, 1);
    }

    static GeneratedLayerCheck of(Operator operator, int outputs) {
        return new GeneratedLayerCheck(operator, outputs);
    }

    static synchronized CudaContext context() {
        if (context == null) {
            context = CudaContext.open(CudaDevice.all().get(0).uuid());
        }
        return context;
    }

    /** Random numbers from -1 to 1, or whole ones from -4 to 4. */
    static Tensor random(DataType type, long seed, long... sizes) {
        Tensor tensor = Tensor.zeros(type, sizes);
        Random random = new Random(seed);
        for (long i = 0; i < tensor.elements(); i++) {
            if (type.isFloatingPoint()) {
                tensor.setDouble(i, random.nextFloat() * 2 - 1);
            } else {
                tensor.setLong(i, type == DataType.BOOL ? random.nextInt(2) : type.isUnsigned() ? random.nextInt(5) : random.nextInt(9) - 4);
            }
        }
        return tensor;
    }

    GeneratedLayerCheck variable(long... sizes) {
        return variable(random(DataType.FLOAT32, values.size() + 1, sizes));
    }

    GeneratedLayerCheck variable(Tensor value) {
        values.add(value);
        constant.add(false);
        return this;
    }

    GeneratedLayerCheck constant(Tensor value) {
        values.add(value);
        constant.add(true);
        return this;
    }

    GeneratedLayerCheck constant(long... sizes) {
        return constant(random(DataType.FLOAT32, values.size() + 1, sizes));
    }

    GeneratedLayerCheck absent() {
        values.add(null);
        constant.add(false);
        return this;
    }

    /** Multiplies the permitted errors. */
    GeneratedLayerCheck loose(double factor) {
        looseness = factor;
        return this;
    }

    /** Computes by the tactics of another family. */
    GeneratedLayerCheck by(CudaLayerFamily value) {
        family = value;
        return this;
    }

    /** Permits whole numbers, few of them, that were rounded from the middle to the other side. */
    GeneratedLayerCheck rounded() {
        rounded = true;
        return this;
    }

    void check() {
        for (Precision precision : List.of(Precision.FP32, Precision.FP16, Precision.BF16)) {
            check(precision);
        }
    }

    Layer layer(Precision precision) {
        GraphBuilder builder = new GraphBuilder("layer");
        String[] names = new String[values.size()];
        for (int i = 0; i < names.length; i++) {
            Tensor value = values.get(i);
            names[i] = value == null ? "" : constant.get(i) ? builder.constant("c" + i, value) : builder.input("x" + i, value.type());
        }
        builder.add(operator, outputs, names).forEach(r -> builder.output(r, r));
        Graph graph = builder.build();
        return new Layer(graph, graph.nodes().get(0), precision);
    }

    void check(Precision precision) {
        Layer layer = layer(precision);
        Offer offer = family.offer(layer, context());
        assertThat(offer.reason()).as(operator.toString()).isEmpty();
        for (Tactic tactic : offer.tactics()) {
            if (tactic.viewOf().isPresent()) {
                continue;
            }
            run(layer, tactic, Operands.of(tactic));
            for (int i : tactic.inPlaceInputs()) {
                run(layer, tactic, new Operands(tactic.inputs(), tactic.outputs(), i));
            }
            if (tactic.writesSlice(0) && tactic.outputs().get(0) != null && tactic.outputs().get(0).sizes().length > 1) {
                run(layer, tactic, slices(tactic));
            }
        }
    }

    private static Operands slices(Tactic tactic) {
        List<TensorLayout> inputs = new ArrayList<>(tactic.inputs());
        for (int i = 0; i < inputs.size(); i++) {
            if (inputs.get(i) != null && tactic.readsSlice(i) && inputs.get(i).sizes().length > 1) {
                inputs.set(i, inputs.get(i).within(inputs.get(i).sizes()[1] + 3));
            }
        }
        List<TensorLayout> results = new ArrayList<>(tactic.outputs());
        results.set(0, results.get(0).within(results.get(0).sizes()[1] + 5));
        return new Operands(inputs, results, Operands.NOT_IN_PLACE);
    }

    private void run(Layer layer, Tactic tactic, Operands operands) {
        List<HostValue> rounded = new ArrayList<>();
        try (CudaStream stream = context().openStream(); Store store = new Store(stream);
                Kernel kernel = tactic.prepare(operands, store); Memory scratch = context().allocate(kernel.scratchBytes() + 64)) {
            long[] addresses = new long[values.size()];
            for (int i = 0; i < addresses.length; i++) {
                TensorLayout layout = operands.inputs().get(i);
                rounded.add(values.get(i));
                if (layout != null) {
                    ByteBuffer bytes = bytes(values.get(i), layout);
                    addresses[i] = store.upload(bytes);
                    rounded.set(i, values.get(i).dataType() == layout.dataType() ? values.get(i) : reread(values.get(i), bytes, layout));
                }
            }
            List<HostValue> expected = ReferenceEvaluator.evaluate(layer.node(), rounded);
            long[] results = new long[outputs];
            ByteBuffer[] read = new ByteBuffer[outputs];
            for (int i = 0; i < outputs; i++) {
                TensorLayout layout = operands.outputs().get(i);
                if (layout != null) {
                    read[i] = filled(layout);
                    results[i] = i == 0 && operands.inPlaceInput() >= 0 ? addresses[operands.inPlaceInput()] : store.upload(read[i]);
                }
            }
            try (Launch launch = kernel.bind(stream, addresses, results, scratch.address())) {
                launch.run();
                stream.synchronize();
            }
            for (int i = 0; i < outputs; i++) {
                if (read[i] != null) {
                    stream.copyOut(results[i], read[i]);
                    stream.synchronize();
                    compare(tactic.name() + operands.outputs(), read[i], operands.outputs().get(i), (Tensor) expected.get(i));
                }
            }
        }
    }

    private void compare(String name, ByteBuffer bytes, TensorLayout layout, Tensor expected) {
        Tensor actual = Tensor.wrap(layout.dataType(), new long[] {bytes.capacity() / layout.dataType().bytes()}, bytes);
        double unit = switch (layout.dataType()) {
            case FLOAT16 -> 2e-3;
            case BFLOAT16 -> 1.2e-2;
            case FLOAT32 -> 2e-6;
            default -> 1e-12;
        };
        double scale = 1;
        for (long i = 0; i < expected.elements(); i++) {
            double magnitude = Math.abs(expected.getDouble(i));
            scale = Double.isFinite(magnitude) ? Math.max(scale, magnitude) : scale;
        }
        long off = 0;
        for (long i = 0; i < expected.elements(); i++) {
            double value = actual.getDouble(offset(layout, i));
            double wanted = expected.getDouble(i);
            if (rounded && !layout.dataType().isFloatingPoint() && Math.abs(value - wanted) == 1 && ++off <= expected.elements() / 200 + 1) {
                continue;
            }
            if (value != wanted && !(Double.isNaN(value) && Double.isNaN(wanted)) && !(Math.abs(value - wanted) <= unit * looseness * scale)) {
                throw new AssertionError(name + " of " + operator + ": element " + i + " is " + value + ", expected " + wanted);
            }
        }
    }

    private static long offset(TensorLayout layout, long element) {
        long[] sizes = layout.sizes();
        long[] strides = layout.strides();
        long offset = 0;
        long rest = element;
        for (int axis = sizes.length - 1; axis >= 0; axis--) {
            offset += rest % sizes[axis] * strides[axis];
            rest /= sizes[axis];
        }
        return offset;
    }

    /** Memory that shows what was not written. */
    private static ByteBuffer filled(TensorLayout layout) {
        long elements = offset(layout, Arrays.stream(layout.sizes()).reduce(1, (a, b) -> a * b) - 1) + 1;
        ByteBuffer bytes = ByteBuffer.allocateDirect(Math.toIntExact(elements * layout.dataType().bytes())).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < bytes.capacity(); i++) {
            bytes.put(i, (byte) 0x7f);
        }
        return bytes;
    }

    private static ByteBuffer bytes(Tensor value, TensorLayout layout) {
        ByteBuffer bytes = filled(layout);
        Tensor view = Tensor.wrap(layout.dataType(), new long[] {bytes.capacity() / layout.dataType().bytes()}, bytes);
        for (long i = 0; i < value.elements(); i++) {
            if (layout.dataType().isFloatingPoint()) {
                view.setDouble(offset(layout, i), value.getDouble(i));
            } else {
                view.setLong(offset(layout, i), value.getLong(i));
            }
        }
        return bytes;
    }

    /** The values as the kernel sees them. */
    private static Tensor reread(Tensor value, ByteBuffer bytes, TensorLayout layout) {
        Tensor view = Tensor.wrap(layout.dataType(), new long[] {bytes.capacity() / layout.dataType().bytes()}, bytes);
        Tensor result = Tensor.zeros(value.dataType(), value.sizes());
        for (long i = 0; i < value.elements(); i++) {
            result.setDouble(i, view.getDouble(offset(layout, i)));
        }
        return result;
    }

    /** Device memory of one run. */
    private static final class Store implements Constants, AutoCloseable {

        private final CudaStream stream;
        private final List<Memory> kept = new ArrayList<>();

        Store(CudaStream stream) {
            this.stream = stream;
        }

        @Override
        public long prepared(Tensor source, Object form, long bytes, Preparation preparation) {
            Memory memory = context().allocate(bytes);
            kept.add(memory);
            ByteBuffer elements = source.buffer();
            try (NativeMemory host = NativeMemory.allocate(elements.capacity())) {
                NativeMemory.view(host.address(), elements.capacity()).put(elements.duplicate().clear());
                preparation.prepare(host.address(), memory.address());
            }
            return memory.address();
        }

        @Override
        public long linear(Tensor source) {
            return upload(source.buffer());
        }

        long upload(ByteBuffer bytes) {
            Memory memory = context().allocate(Math.max(1, bytes.capacity()));
            kept.add(memory);
            ByteBuffer direct = ByteBuffer.allocateDirect(bytes.capacity()).put(bytes.duplicate().clear()).flip();
            stream.copyIn(direct, memory.address());
            stream.synchronize();
            return memory.address();
        }

        @Override
        public void close() {
            kept.forEach(Memory::close);
        }
    }
}
