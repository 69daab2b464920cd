package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.Activation;
import io.firesteel.backend.cpu.onednn.BinaryFunction;
import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.PostOp;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntFunction;

/**
 * The epilogue of a layer as oneDNN's post-operations: a chain in which every instruction continues the result of the one
 * before it, with a constant, a scalar or a further tensor.
 */
final class Epilogue {

    /** One link: a function, or a combination with a node input less its zero point and times its scale. */
    private record Link(Activation function, BinaryFunction combination, int input, float inputScale, float inputZeroPoint) {

        Link(Activation function) {
            this(function, null, -1, 1, 0);
        }

        Link(BinaryFunction combination, int input) {
            this(null, combination, input, 1, 0);
        }

        boolean isRescaled() {
            return inputScale != 1 || inputZeroPoint != 0;
        }
    }

    private final Layer layer;
    private final List<Link> links;

    /** Node inputs that are quantized and added to a result that was brought to their scale. */
    private final Set<Integer> quantized;

    private Epilogue(Layer layer, List<Link> links, Set<Integer> quantized) {
        this.layer = layer;
        this.links = links;
        this.quantized = quantized;
    }

    /**
     * @param firstInput node input that is the program's input 1
     * @return empty where the program is no chain or has a function that oneDNN lacks
     */
    static Optional<Epilogue> of(PointwiseProgram program, Layer layer, int firstInput) {
        return of(program, layer, firstInput, List.of());
    }

    /**
     * As above, between quantized tensors.
     *
     * @param parameters for each node input how it is quantized
     */
    static Optional<Epilogue> of(PointwiseProgram program, Layer layer, int firstInput,
            List<Optional<QuantizationParameters>> parameters) {
        return of(program, layer, firstInput, parameters, 0);
    }

    /** As above, of the instructions from {@code first} on, which continue the result of the one before it. */
    static Optional<Epilogue> of(PointwiseProgram program, Layer layer, int firstInput,
            List<Optional<QuantizationParameters>> parameters, int first) {
        List<Link> links = new ArrayList<>();
        Set<Integer> quantized = new TreeSet<>();
        int current = first == 0 ? 0 : program.inputs() + first - 1;
        for (int i = first; i < program.instructions().size(); i++) {
            PointwiseProgram.Instruction instruction = program.instructions().get(i);
            Optional<Integer> added = quantizedAddend(instruction, current, program.inputs(), firstInput, parameters);
            if (added.isPresent()) {
                if (!appendQuantized(added.get(), parameters.get(added.get()).orElseThrow(), links)) {
                    return Optional.empty();
                }
                quantized.add(added.get());
            } else if (!append(instruction, current, program.inputs(), layer, firstInput, links)) {
                return Optional.empty();
            }
            current = program.inputs() + i;
        }
        return Optional.of(new Epilogue(layer, links, quantized));
    }

    /** The quantized node input that an instruction adds to the current result. */
    private static Optional<Integer> quantizedAddend(PointwiseProgram.Instruction instruction, int current, int inputs,
            int firstInput, List<Optional<QuantizationParameters>> parameters) {
        if (!(instruction.operator() instanceof Arithmetic.Add) || !instruction.operands().contains(current)) {
            return Optional.empty();
        }
        int other = instruction.operands().get(instruction.operands().get(0) == current ? 1 : 0);
        int input = firstInput + other - 1;
        return other >= 1 && other < inputs && input < parameters.size() && parameters.get(input).isPresent()
                ? Optional.of(input) : Optional.empty();
    }

    private static boolean appendQuantized(int input, QuantizationParameters parameters, List<Link> links) {
        if (!parameters.isPerTensor()) {
            return false;
        }
        links.add(new Link(null, BinaryFunction.ADD, input, parameters.scales().get(0), parameters.zeroPoint(0)));
        return true;
    }

    private static boolean append(PointwiseProgram.Instruction instruction, int current, int inputs, Layer layer,
            int firstInput, List<Link> links) {
        List<Integer> operands = instruction.operands();
        if (operands.size() == 1) {
            return operands.get(0) == current && addAll(PointwiseFunctions.unary(instruction.operator()), links);
        }
        if (operands.size() != 2 || operands.get(0).equals(operands.get(1))) {
            return false;
        }
        boolean first = operands.get(0) == current;
        int other = first ? operands.get(1) : operands.get(0);
        if (!first && operands.get(1) != current || other < 1 || other >= inputs) {
            return false;
        }
        int input = firstInput + other - 1;
        Optional<Tensor> constant = layer.constant(input);
        if (constant.isPresent() && constant.get().elements() == 1) {
            float scalar = (float) constant.get().getDouble(0);
            return addAll(PointwiseFunctions.withScalar(instruction.operator(), scalar, !first), links);
        }
        Optional<BinaryFunction> function = PointwiseFunctions.binary(instruction.operator());
        if (function.isEmpty() || layer.input(input).dataType() != DataType.FLOAT32) {
            return false;
        }
        BinaryFunction f = function.get();
        if (!first && f == BinaryFunction.SUB) {
            links.add(new Link(new Activation(Activation.Kind.LINEAR, -1, 0)));
            f = BinaryFunction.ADD;
        } else if (!first && f == BinaryFunction.DIV) {
            links.add(new Link(new Activation(Activation.Kind.POW, 1, -1)));
            f = BinaryFunction.MUL;
        }
        links.add(new Link(f, input));
        return true;
    }

    private static boolean addAll(Optional<List<Activation>> functions, List<Link> links) {
        functions.ifPresent(all -> all.forEach(f -> links.add(new Link(f))));
        return functions.isPresent();
    }

    /**
     * The same in units of a quantized result, for a layer whose result is already in them.
     *
     * @param result one scale, zero point 0
     * @return empty where it has a function that scales do not pass through
     */
    Optional<Epilogue> inUnitsOf(QuantizationParameters result) {
        float unit = result.scales().get(0);
        long largest = result.dataType().isUnsigned() ? 255 : 127;
        List<Link> scaled = new ArrayList<>();
        for (Link link : links) {
            if (link.function != null) {
                Optional<Activation> function = inUnitsOf(link.function, unit);
                if (function.isEmpty()) {
                    return Optional.empty();
                }
                scaled.add(new Link(function.get()));
            } else if (link.combination == BinaryFunction.ADD && quantized.contains(link.input)) {
                scaled.add(new Link(null, link.combination, link.input, link.inputScale / unit, link.inputZeroPoint));
            } else if (link.combination == BinaryFunction.MUL || link.combination == BinaryFunction.DIV) {
                scaled.add(link);
            } else {
                return Optional.empty();
            }
        }
        int last = scaled.size() - 1;
        Activation end = last < 0 ? null : scaled.get(last).function;
        if (end != null && end.kind() == Activation.Kind.CLIP && end.alpha() == 0 && Math.rint(end.beta()) >= largest) {
            // Saturation does the rest.
            scaled.set(last, new Link(Activation.relu()));
        }
        return Optional.of(new Epilogue(layer, scaled, quantized));
    }

    private static Optional<Activation> inUnitsOf(Activation function, float unit) {
        return switch (function.kind()) {
            case RELU, ABS -> Optional.of(function);
            case CLIP -> Optional.of(new Activation(function.kind(), function.alpha() / unit, function.beta() / unit));
            case LINEAR -> Optional.of(new Activation(function.kind(), function.alpha(), function.beta() / unit));
            default -> Optional.empty();
        };
    }

    /** The variable inputs it reads, in no order. */
    Set<Integer> variables() {
        Set<Integer> result = new TreeSet<>();
        links.stream().filter(l -> l.combination != null && layer.isVariable(l.input)).forEach(l -> result.add(l.input));
        return result;
    }

    /** The variable inputs that may be added in place: of the result's own shape, each read once. */
    Set<Integer> residuals() {
        Set<Integer> result = new TreeSet<>();
        for (Link link : links) {
            if (link.combination == BinaryFunction.ADD && isWhole(link.input)
                    && layer.input(link.input).dataType() == layer.output(0).dataType()
                    && links.stream().filter(l -> l.input == link.input).count() == 1) {
                result.add(link.input);
            }
        }
        return result;
    }

    /**
     * Those of {@link #residuals()} that a layer's primitive adds in place: after other post-operations not every one does.
     *
     * @param primitive makes it with an input in place, and fails where there is only a slow one
     */
    Set<Integer> residuals(IntFunction<Primitive> primitive) {
        Set<Integer> result = residuals();
        result.removeIf(input -> links.get(0).input != input && Primitive.implementation(() -> primitive.apply(input)).isEmpty());
        return result;
    }

    private boolean isWhole(int input) {
        return layer.isVariable(input) && layer.input(input).shape().equals(layer.output(0).shape());
    }

    /** The layout in which a variable input is read: the result's where it has its shape, else row-major. */
    TensorLayout layout(int input, TensorFormat format, DataType compute) {
        return Target.layout(layer.input(input), isWhole(input) ? format : TensorFormat.LINEAR,
                quantized.contains(input) ? layer.input(input).dataType() : compute);
    }

    /** Whether nothing but bounding values from below and above follows, after at most one residual; see {@link #bounds}. */
    boolean isResidualAndBounds() {
        for (int i = 0; i < links.size(); i++) {
            Link link = links.get(i);
            boolean residual = i == 0 && residuals().contains(link.input);
            boolean bound = link.function != null && (link.function.kind() == Activation.Kind.CLIP
                    || link.function.kind() == Activation.Kind.RELU && link.function.alpha() == 0);
            if (!residual && !bound) {
                return false;
            }
        }
        return true;
    }

    /** The smallest and largest result, where {@link #isResidualAndBounds()}. */
    float[] bounds() {
        float lower = Float.NEGATIVE_INFINITY;
        float upper = Float.POSITIVE_INFINITY;
        for (Link link : links) {
            if (link.function != null) {
                float low = link.function.kind() == Activation.Kind.RELU ? 0 : link.function.alpha();
                float high = link.function.kind() == Activation.Kind.RELU ? Float.POSITIVE_INFINITY : link.function.beta();
                lower = Math.min(Math.max(lower, low), high);
                upper = Math.min(Math.max(upper, low), high);
            }
        }
        return new float[] {lower, upper};
    }

    /** The post-operations as they are tried before layouts are settled. */
    List<PostOp> postOps(TensorFormat format, DataType compute, int inPlace) {
        return postOps(input -> describe(input, layout(input, format, compute)), inPlace, new ArrayList<>(), null);
    }

    /**
     * The post-operations for settled layouts.
     *
     * @param places where the further arguments lie is added here
     */
    List<PostOp> postOps(Operands operands, Constants constants, List<Stage.Place> places) {
        return postOps(input -> describe(input, operands.inputs().get(input)), operands.inPlaceInput(), places, constants);
    }

    private MemoryDesc describe(int input, TensorLayout layout) {
        if (layer.constant(input).isPresent() || layer.input(input).shape().rank() != rank()) {
            ElementType type = layer.constant(input).isPresent() ? ElementType.F32
                    : Target.elementType(layout.dataType()).orElseThrow();
            return MemoryDesc.rowMajor(type, Sizes.ofRank(layer.inputSizes(input), rank()));
        }
        return Target.desc(layout);
    }

    /** Whether every further operand is whole or can be seen with {@code rank} axes. */
    boolean fits(int rank, long elements) {
        return links.stream().filter(l -> l.combination != null).map(l -> layer.inputSizes(l.input))
                .allMatch(sizes -> Sizes.product(sizes) == elements && sizes.length == rank()
                        || Sizes.product(sizes, 0, Math.max(0, sizes.length - 1)) == 1);
    }

    /** How the memory of a node input is described to a primitive, in the rank of its destination. */
    interface Describer {
        MemoryDesc describe(int input);
    }

    /**
     * The post-operations with descriptors of the caller's.
     *
     * @param constants the engine's constants, or null where the addresses are not wanted yet
     */
    List<PostOp> postOps(Describer describer, int inPlace, List<Stage.Place> places, Constants constants) {
        List<PostOp> result = new ArrayList<>();
        for (Link link : links) {
            if (link.function != null) {
                result.add(new PostOp.Apply(link.function));
                continue;
            }
            if (link.input == inPlace && link.combination == BinaryFunction.ADD) {
                result.add(new PostOp.Sum(link.inputScale));
                if (link.inputZeroPoint != 0) {
                    result.add(linear(1, -link.inputZeroPoint * link.inputScale));
                }
                continue;
            }
            if (link.isRescaled()) {
                result.add(linear(1 / link.inputScale, -link.inputZeroPoint));
            }
            result.add(new PostOp.Binary(link.combination, describer.describe(link.input)));
            if (link.isRescaled()) {
                result.add(linear(link.inputScale, 0));
            }
            if (constants != null) {
                places.add(layer.constant(link.input).map(c -> Stage.Place.constant(constants.linear(c)))
                        .orElse(Stage.Place.input(link.input)));
            }
        }
        return result;
    }

    private static PostOp linear(float factor, float addend) {
        return new PostOp.Apply(new Activation(Activation.Kind.LINEAR, factor, addend));
    }

    private int rank() {
        return layer.output(0).shape().rank();
    }
}
