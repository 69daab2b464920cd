package io.firesteel.backend.cuda.dnn;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Computes one layer by every tactic a family offers, also in place and in slices, and compares with the reference evaluator. */
final class DeviceLayerCheck {

    private static CudaContext context;

    private final Operator operator;
    private final List<Tensor> values = new ArrayList<>();
    private final List<Boolean> constant = new ArrayList<>();
    private Precision precision = Precision.FP16;
    private double tolerance = 4e-3;

    private DeviceLayerCheck(Operator operator) {
        this.operator = operator;
    }

    static DeviceLayerCheck of(Operator operator) {
        return new DeviceLayerCheck(operator);
    }

    static synchronized CudaContext context() {
        if (context == null) {
            context = CudaContext.open(CudaDevice.all().get(0).uuid());
        }
        return context;
    }

    /** Random bytes, all values of signed or unsigned ones. */
    static Tensor bytes(DataType type, long seed, long... sizes) {
        Tensor t = Tensor.zeros(type, sizes);
        Random random = new Random(seed);
        for (long i = 0; i < t.elements(); i++) {
            t.setLong(i, type == DataType.UINT8 ? random.nextInt(256) : random.nextInt(255) - 127);
        }
        return t;
    }

    private static Tensor random(long seed, long... sizes) {
        Tensor t = Tensor.zeros(DataType.FLOAT32, sizes);
        Random random = new Random(seed);
        for (long i = 0; i < t.elements(); i++) {
            t.setDouble(i, random.nextFloat() * 2 - 1);
        }
        return t;
    }

    DeviceLayerCheck variable(long... sizes) {
        values.add(random(values.size() + 1, sizes));
        constant.add(false);
        return this;
    }

    DeviceLayerCheck variable(Tensor value) {
        values.add(value);
        constant.add(false);
        return this;
    }

    DeviceLayerCheck constant(long... sizes) {
        return constant(random(values.size() + 1, sizes));
    }

    DeviceLayerCheck constant(Tensor value) {
        values.add(value);
        constant.add(true);
        return this;
    }

    DeviceLayerCheck absent() {
        values.add(null);
        constant.add(false);
        return this;
    }

    DeviceLayerCheck precision(Precision value, double error) {
        precision = value;
        tolerance = error;
        return this;
    }

    Layer layer() {
        GraphBuilder builder = new GraphBuilder("layer");
        String[] names = new String[values.size()];
        for (int i = 0; i < names.length; i++) {
            Tensor value = values.get(i);
            names[i] = value == null ? "" : constant.get(i) ? builder.constant("c" + i, value)
                    : builder.input("x" + i, value.type());
        }
        builder.add(operator, 1, names).forEach(r -> builder.output(r, r));
        Graph graph = builder.build();
        return new Layer(graph, graph.nodes().get(0), precision);
    }

    /** Implementations of the tactics, all of which computed the right result. */
    List<String> check(CudaLayerFamily family) {
        Layer layer = layer();
        List<HostValue> expected = ReferenceEvaluator.evaluate(layer.node(), new ArrayList<>(values));
        Offer offer = family.offer(layer, context());
        assertThat(offer.reason()).isEmpty();
        List<String> implementations = new ArrayList<>();
        try (CudaStream stream = context().openStream()) {
            for (Tactic tactic : offer.tactics()) {
                implementations.add(run(stream, tactic, Operands.of(tactic), (Tensor) expected.get(0)));
                for (int i : tactic.inPlaceInputs()) {
                    run(stream, tactic, new Operands(tactic.inputs(), tactic.outputs(), i), (Tensor) expected.get(0));
                }
                run(stream, tactic, slices(tactic), (Tensor) expected.get(0));
            }
        }
        return implementations;
    }

    private static Operands slices(Tactic tactic) {
        List<TensorLayout> inputs = new ArrayList<>(tactic.inputs());
        for (int i = 0; i < inputs.size(); i++) {
            if (inputs.get(i) != null && tactic.readsSlice(i)) {
                inputs.set(i, inputs.get(i).within(inputs.get(i).sizes()[1] + 16));
            }
        }
        TensorLayout output = tactic.outputs().get(0);
        return new Operands(inputs, List.of(tactic.writesSlice(0) ? output.within(output.sizes()[1] + 24) : output),
                Operands.NOT_IN_PLACE);
    }

    private String run(CudaStream stream, Tactic tactic, Operands operands, Tensor expected) {
        try (DeviceConstants constants = new DeviceConstants(stream); Kernel kernel = tactic.prepare(operands, constants);
                Memory scratch = context().allocate(kernel.scratchBytes() + 64)) {
            long[] inputs = new long[values.size()];
            for (int i = 0; i < inputs.length; i++) {
                if (operands.inputs().get(i) != null) {
                    inputs[i] = constants.upload(bytes(values.get(i), operands.inputs().get(i)));
                }
            }
            TensorLayout layout = operands.outputs().get(0);
            ByteBuffer result = filled(layout);
            long output = operands.inPlaceInput() >= 0 ? inputs[operands.inPlaceInput()] : constants.upload(result);
            try (Launch launch = kernel.bind(stream, inputs, new long[] {output}, scratch.address())) {
                launch.run();
            }
            stream.copyOut(output, result);
            stream.synchronize();
            compare(kernel.implementation(), result, layout, expected);
            return kernel.implementation();
        }
    }

    private void compare(String name, ByteBuffer bytes, TensorLayout layout, Tensor expected) {
        Tensor actual = Tensor.wrap(layout.dataType(), new long[] {bytes.capacity() / layout.dataType().bytes()}, bytes);
        double scale = 1;
        for (long i = 0; i < expected.elements(); i++) {
            scale = Math.max(scale, Math.abs(expected.getDouble(i)));
        }
        if (!layout.dataType().isFloatingPoint()) {
            compareIntegers(name, actual, layout, expected);
            return;
        }
        for (long i = 0; i < expected.elements(); i++) {
            double value = actual.getDouble(offset(layout, i));
            if (!(Math.abs(value - expected.getDouble(i)) <= tolerance * scale)) {
                throw new AssertionError(name + " of " + operator + ": element " + i + " is " + value + ", expected "
                        + expected.getDouble(i));
            }
        }
    }

    /** Numbers in the middle between two integers may be rounded to either: at most one in two hundred is one off. */
    private void compareIntegers(String name, Tensor actual, TensorLayout layout, Tensor expected) {
        long off = 0;
        for (long i = 0; i < expected.elements(); i++) {
            long difference = Math.abs(actual.getLong(offset(layout, i)) - expected.getLong(i));
            if (difference > 1) {
                throw new AssertionError(name + " of " + operator + ": element " + i + " is " + actual.getLong(offset(layout, i))
                        + ", expected " + expected.getLong(i));
            }
            off += difference;
        }
        assertThat(off).as(name + " of " + operator + ": elements one off").isLessThanOrEqualTo(expected.elements() / 200 + 1);
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

    private static ByteBuffer filled(TensorLayout layout) {
        long elements = offset(layout, java.util.Arrays.stream(layout.sizes()).reduce(1, (a, b) -> a * b) - 1) + 1;
        ByteBuffer bytes = ByteBuffer.allocateDirect(Math.toIntExact(elements * layout.dataType().bytes()))
                .order(ByteOrder.LITTLE_ENDIAN);
        Tensor view = Tensor.wrap(layout.dataType(), new long[] {elements}, bytes);
        for (long i = 0; i < elements; i++) {
            view.setDouble(i, Double.NaN);
        }
        return bytes;
    }

    private static ByteBuffer bytes(Tensor value, TensorLayout layout) {
        ByteBuffer bytes = filled(layout);
        Tensor view = Tensor.wrap(layout.dataType(), new long[] {bytes.capacity() / layout.dataType().bytes()}, bytes);
        for (long i = 0; i < value.elements(); i++) {
            view.setDouble(offset(layout, i), value.getDouble(i));
        }
        return bytes;
    }

    /** Constants of one test. */
    private static final class DeviceConstants implements Constants, AutoCloseable {

        private record Key(Tensor constant, Object form) { }

        private final CudaStream stream;
        private final Map<Key, Long> prepared = new HashMap<>();
        private final List<Memory> kept = new ArrayList<>();

        DeviceConstants(CudaStream stream) {
            this.stream = stream;
        }

        @Override
        public long prepared(Tensor constant, Object form, long bytes, Preparation preparation) {
            return prepared.computeIfAbsent(new Key(constant, form), k -> {
                try (NativeMemory source = NativeMemory.allocate(constant.byteSize())) {
                    NativeMemory.view(source.address(), (int) constant.byteSize()).put(constant.buffer().duplicate());
                    Memory target = context().allocate(bytes);
                    kept.add(target);
                    preparation.prepare(source.address(), target.address());
                    return target.address();
                }
            });
        }

        @Override
        public long linear(Tensor constant) {
            return upload(constant.buffer());
        }

        long upload(ByteBuffer bytes) {
            Memory memory = context().allocate(bytes.capacity());
            kept.add(memory);
            ByteBuffer direct = ByteBuffer.allocateDirect(bytes.capacity()).put(bytes.duplicate()).flip();
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
