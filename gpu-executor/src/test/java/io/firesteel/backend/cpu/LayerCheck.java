package io.firesteel.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.backend.Backend;
import io.firesteel.backend.BackendProvider;
import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Stream;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorLayout;
import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.memory.NativeMemory;
import io.firesteel.op.Activations;
import io.firesteel.op.Operator;
import io.firesteel.plan.Precision;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/** Computes one layer by every tactic the CPU backend offers, also in place, and compares with the reference evaluator. */
final class LayerCheck {

    private final Operator operator;
    private final List<Tensor> values = new ArrayList<>();
    private final List<Boolean> constant = new ArrayList<>();
    private final Set<Integer> nonNegative = new HashSet<>();
    private Precision precision = Precision.FP32;
    private double tolerance = 2e-5;
    private int outputs = 1;

    private LayerCheck(Operator operator) {
        this.operator = operator;
    }

    static LayerCheck of(Operator operator) {
        return new LayerCheck(operator);
    }

    static Tensor random(long seed, long... sizes) {
        Tensor t = Tensor.zeros(DataType.FLOAT32, sizes);
        Random random = new Random(seed);
        for (long i = 0; i < t.elements(); i++) {
            t.setDouble(i, random.nextFloat() * 2 - 1);
        }
        return t;
    }

    LayerCheck variable(long... sizes) {
        return variable(random(values.size() + 1, sizes));
    }

    LayerCheck variable(Tensor value) {
        values.add(value);
        constant.add(false);
        return this;
    }

    /** A variable of which the graph shows that it is not under 0: what Relu makes. */
    LayerCheck nonNegative(Tensor value) {
        nonNegative.add(values.size());
        return variable(value);
    }

    LayerCheck constant(long... sizes) {
        return constant(random(values.size() + 1, sizes));
    }

    LayerCheck constant(Tensor value) {
        values.add(value);
        constant.add(true);
        return this;
    }

    LayerCheck absent() {
        values.add(null);
        constant.add(false);
        return this;
    }

    LayerCheck outputs(int count) {
        outputs = count;
        return this;
    }

    LayerCheck precision(Precision value, double error) {
        precision = value;
        tolerance = error;
        return this;
    }

    /** The layer itself. */
    Layer layer() {
        GraphBuilder builder = new GraphBuilder("layer");
        String[] names = new String[values.size()];
        for (int i = 0; i < names.length; i++) {
            Tensor value = values.get(i);
            names[i] = value == null ? "" : constant.get(i) ? builder.constant("c" + i, value)
                    : builder.input("x" + i, value.type());
            if (nonNegative.contains(i)) {
                names[i] = builder.add(new Activations.Relu(), names[i]);
            }
        }
        List<String> results = builder.add(operator, outputs, names);
        results.forEach(r -> builder.output(r, r));
        Graph graph = builder.build();
        return new Layer(graph, graph.producer(results.get(0)).orElseThrow(), precision);
    }

    /** The reason of a refusal, empty where there is none. */
    Optional<String> refused() {
        try (Backend backend = open()) {
            Offer offer = backend.offer(layer());
            return offer.tactics().isEmpty() ? Optional.of(offer.reason()) : Optional.empty();
        }
    }

    /** The reason of a refusal. */
    String refusal() {
        return refused().orElseThrow();
    }

    /** Names of the tactics, all of which computed the right result. */
    List<String> check() {
        Layer layer = layer();
        List<HostValue> expected = ReferenceEvaluator.evaluate(layer.node(), new ArrayList<>(values));
        try (Backend backend = open(); Stream stream = backend.openStream()) {
            stream.enter();
            Offer offer = backend.offer(layer);
            assertThat(offer.reason()).isEmpty();
            List<String> names = new ArrayList<>();
            for (Tactic tactic : offer.tactics()) {
                names.add(tactic.name());
                if (tactic.viewOf().isPresent()) {
                    continue;
                }
                run(backend, stream, tactic, Operands.of(tactic), expected);
                Operands sliced = sliced(tactic);
                if (!sliced.equals(Operands.of(tactic))) {
                    run(backend, stream, tactic, sliced, expected);
                }
                for (int i : tactic.inPlaceInputs()) {
                    run(backend, stream, tactic, new Operands(tactic.inputs(), tactic.outputs(), i), expected);
                }
            }
            return names;
        }
    }

    /** Every tensor that may be one a slice of a tensor with a block of channels before and after it. */
    private static Operands sliced(Tactic tactic) {
        List<TensorLayout> inputs = new ArrayList<>();
        List<TensorLayout> outputs = new ArrayList<>();
        for (int i = 0; i < tactic.inputs().size(); i++) {
            inputs.add(tactic.readsSlice(i) ? within(tactic.inputs().get(i)) : tactic.inputs().get(i));
        }
        for (int i = 0; i < tactic.outputs().size(); i++) {
            outputs.add(tactic.writesSlice(i) ? within(tactic.outputs().get(i)) : tactic.outputs().get(i));
        }
        return new Operands(inputs, outputs, Operands.NOT_IN_PLACE);
    }

    private static TensorLayout within(TensorLayout layout) {
        return layout.within(layout.sizes()[1] + 2L * layout.format().block());
    }

    /** Bytes of the memory that holds a tensor. */
    private static long bytes(TensorLayout layout) {
        return layout.isSlice() ? layout.bytes() / layout.sizes()[1] * layout.parentChannels() : layout.bytes();
    }

    /** Bytes before its first element. */
    private static long start(TensorLayout layout) {
        return layout.isSlice() ? layout.sliceOffset(layout.format().block()) : 0;
    }

    static Backend open() {
        BackendProvider provider = new CpuProvider();
        assertThat(provider.unavailable()).isEmpty();
        return provider.open(provider.devices().get(0));
    }

    private void run(Backend backend, Stream stream, Tactic tactic, Operands operands, List<HostValue> expected) {
        try (Prepared constants = new Prepared(); Kernel kernel = tactic.prepare(operands, constants);
                NativeMemory scratch = NativeMemory.allocate(kernel.scratchBytes() + 64)) {
            long[] inputs = new long[values.size()];
            long[] results = new long[outputs];
            for (int i = 0; i < inputs.length; i++) {
                if (operands.inputs().get(i) != null) {
                    TensorLayout layout = operands.inputs().get(i);
                    inputs[i] = constants.keep(place(backend, stream, values.get(i), layout)) + start(layout);
                }
            }
            for (int i = 0; i < results.length; i++) {
                boolean inPlace = i == 0 && operands.inPlaceInput() >= 0;
                results[i] = inPlace ? inputs[operands.inPlaceInput()]
                        : constants.keep(filled(bytes(operands.outputs().get(i)))) + start(operands.outputs().get(i));
            }
            try (Launch launch = kernel.bind(stream, inputs, results, scratch.address())) {
                launch.run();
                launch.run();
                if (operands.inPlaceInput() >= 0) {
                    // The first run overwrote its own input: bring it back, and run once.
                    constants.keep(copyInto(backend, stream, values.get(operands.inPlaceInput()),
                            operands.inputs().get(operands.inPlaceInput()), inputs[operands.inPlaceInput()]));
                    launch.run();
                }
            }
            for (int i = 0; i < results.length; i++) {
                Tensor want = (Tensor) expected.get(i);
                if (operands.outputs().get(i).isSlice()) {
                    assertThat(untouched(operands.outputs().get(i), results[i])).as(tactic.name() + " writes beside its slice")
                            .isEqualTo((bytes(operands.outputs().get(i)) - operands.outputs().get(i).bytes()) / 4);
                }
                compare(tactic.name(), read(backend, stream, operands.outputs().get(i), results[i], want), want);
            }
        }
    }

    private void compare(String tactic, Tensor actual, Tensor expected) {
        double scale = 1;
        for (long i = 0; i < expected.elements(); i++) {
            scale = Math.max(scale, Math.abs(expected.getDouble(i)));
        }
        for (long i = 0; i < expected.elements(); i++) {
            double error = Math.abs(actual.getDouble(i) - expected.getDouble(i));
            if (!(error <= tolerance * scale)) {
                throw new AssertionError(tactic + ": element " + i + " is " + actual.getDouble(i) + ", expected "
                        + expected.getDouble(i));
            }
        }
    }

    /** Elements of the tensor around a slice that are still what {@link #filled} put there. */
    private static long untouched(TensorLayout layout, long address) {
        long count = 0;
        for (int i = 0; i < bytes(layout) / 4; i++) {
            count += Float.isNaN(NativeMemory.view(address - start(layout), (int) bytes(layout)).getFloat(4 * i)) ? 1 : 0;
        }
        return count;
    }

    private static NativeMemory filled(long bytes) {
        NativeMemory memory = NativeMemory.allocate(bytes + 64);
        NativeMemory.view(memory.address(), (int) bytes).asFloatBuffer();
        for (int i = 0; i < bytes / 4; i++) {
            NativeMemory.view(memory.address(), (int) bytes).putFloat(i * 4, Float.NaN);
        }
        return memory;
    }

    private static NativeMemory place(Backend backend, Stream stream, Tensor value, TensorLayout layout) {
        NativeMemory memory = filled(bytes(layout));
        copyInto(backend, stream, value, layout, memory.address() + start(layout)).close();
        return memory;
    }

    private static NativeMemory copyInto(Backend backend, Stream stream, Tensor value, TensorLayout layout, long address) {
        NativeMemory staging = NativeMemory.allocate(value.byteSize() + 64);
        NativeMemory.view(staging.address(), (int) value.byteSize()).put(value.buffer().duplicate());
        convert(backend, stream, TensorLayout.linear(value.type()), staging.address(), layout, address);
        return staging;
    }

    private static Tensor read(Backend backend, Stream stream, TensorLayout layout, long address, Tensor like) {
        try (NativeMemory staging = NativeMemory.allocate(like.byteSize() + 64)) {
            convert(backend, stream, layout, address, TensorLayout.linear(like.type()), staging.address());
            Tensor result = Tensor.zeros(like.dataType(), like.sizes());
            Tensor view = Tensor.wrap(like.dataType(), like.sizes(), NativeMemory.view(staging.address(), (int) like.byteSize()));
            for (long i = 0; i < like.elements(); i++) {
                result.setDouble(i, view.getDouble(i));
            }
            return result;
        }
    }

    private static void convert(Backend backend, Stream stream, TensorLayout from, long source, TensorLayout to, long target) {
        try (Kernel kernel = backend.reorder(from, to);
                NativeMemory scratch = NativeMemory.allocate(kernel.scratchBytes() + 64);
                Launch launch = kernel.bind(stream, new long[] {source}, new long[] {target}, scratch.address())) {
            launch.run();
        }
    }

    /** Constants of one test. */
    static final class Prepared implements Constants, AutoCloseable {

        private record Key(Tensor constant, Object form) {}

        private final Map<Key, Memory> prepared = new HashMap<>();
        private final List<Memory> kept = new ArrayList<>();

        @Override
        public long prepared(Tensor constant, Object form, long bytes, Preparation preparation) {
            return prepared.computeIfAbsent(new Key(constant, form), k -> {
                NativeMemory memory = NativeMemory.allocate(bytes);
                preparation.prepare(linear(constant), memory.address());
                return memory;
            }).address();
        }

        @Override
        public long linear(Tensor constant) {
            NativeMemory memory = NativeMemory.allocate(constant.byteSize());
            NativeMemory.view(memory.address(), (int) constant.byteSize()).put(constant.buffer().duplicate());
            return keep(memory);
        }

        long keep(Memory memory) {
            kept.add(memory);
            return memory.address();
        }

        @Override
        public void close() {
            prepared.values().forEach(Memory::close);
            kept.forEach(Memory::close);
        }
    }
}
