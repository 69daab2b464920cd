package io.firesteel.pass.fuse;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Conversions;
import io.firesteel.op.Convolution;
import io.firesteel.op.Fused;
import io.firesteel.op.NormalizedConvolution;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.pass.Constants;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Lets a convolution read the bytes of an image itself, with what is done to each of their channels before: a factor and an
 * offset.
 *
 * <pre>
 * Convolution((Cast(bytes) * a - b) / c, W)   ->   NormalizedConvolution(bytes, W; factors a / c, offsets -b / c)
 * </pre>
 */
public final class FuseNormalization implements Rule {

    private static final int CHANNEL_AXIS = 1;
    private static final long MOST_CHANNELS = 4;

    /** The numbers {@code factors[c] * x + offsets[c]} of each channel; constant where all factors are zero. */
    private record Line(double[] factors, double[] offsets) {

        static Line constant(double[] values) {
            return new Line(new double[values.length], values);
        }

        boolean isConstant() {
            return DoubleStream.of(factors).allMatch(f -> f == 0);
        }

        Line plus(Line other, double sign) {
            return new Line(each(c -> factors[c] + sign * other.factors[c]), each(c -> offsets[c] + sign * other.offsets[c]));
        }

        Line times(Line constant) {
            return new Line(each(c -> factors[c] * constant.offsets[c]), each(c -> offsets[c] * constant.offsets[c]));
        }

        Line over(Line constant) {
            return new Line(each(c -> factors[c] / constant.offsets[c]), each(c -> offsets[c] / constant.offsets[c]));
        }

        List<Float> factorList() {
            return DoubleStream.of(factors).mapToObj(f -> (float) f).toList();
        }

        List<Float> offsetList() {
            return DoubleStream.of(offsets).mapToObj(o -> (float) o).toList();
        }

        boolean isFinite() {
            return Stream.of(factorList(), offsetList()).flatMap(List::stream).allMatch(Float::isFinite);
        }

        private double[] each(IntToDoubleFunction value) {
            return IntStream.range(0, factors.length).mapToDouble(value).toArray();
        }
    }

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!(node.operator() instanceof Convolution convolution) || channels(node, graph) < 1) {
            return Optional.empty();
        }
        Deque<Node> steps = new ArrayDeque<>();
        Optional<String> value = Optional.of(node.input(0));
        while (value.isPresent() && !(steps.peek() != null && steps.peek().operator() instanceof Conversions.Cast)) {
            Optional<Node> producer = value.filter(graph::hasOneUse).flatMap(graph::producer);
            producer.ifPresent(steps::push);
            value = producer.flatMap(p -> variable(p, graph));
        }
        Optional<String> bytes = value.filter(v -> graph.tensor(v).dataType() == DataType.UINT8);
        return bytes.flatMap(b -> line(steps, channels(node, graph), graph)).filter(Line::isFinite).map(line -> {
            List<String> inputs = new ArrayList<>(node.inputs());
            inputs.set(0, bytes.get());
            return Patch.on(graph).remove(steps.toArray(Node[]::new)).remove(node).putAs(node,
                    new NormalizedConvolution(line.factorList(), line.offsetList(), convolution), inputs, node.outputs()).build();
        });
    }

    /** The channels of a convolution's data, where they are few and weights and data have one type; else 0. */
    private static int channels(Node node, Graph graph) {
        TensorType type = graph.tensor(node.input(0));
        boolean fits = type.hasRank() && type.shape().rank() > 2 && type.shape().dim(CHANNEL_AXIS).isConstant()
                && type.shape().dim(CHANNEL_AXIS).size() <= MOST_CHANNELS
                && graph.tensor(node.input(1)).dataType() == type.dataType();
        return fits ? (int) type.shape().dim(CHANNEL_AXIS).size() : 0;
    }

    /** The only input of a node that is no constant, where it has the result's shape. */
    private static Optional<String> variable(Node node, Graph graph) {
        List<String> variables = node.inputs().stream().filter(i -> graph.constant(i).isEmpty()).toList();
        return variables.size() == 1 && node.outputs().size() == 1 && Constants.sameShape(graph, variables.get(0), node.output())
                ? Optional.of(variables.get(0)) : Optional.empty();
    }

    /** What the steps make of a number, the first of which converts it. */
    private static Optional<Line> line(Deque<Node> steps, int channels, Graph graph) {
        double[] ones = new double[channels];
        Arrays.fill(ones, 1);
        Optional<Line> line = Optional.of(new Line(ones, new double[channels]));
        for (Node step : steps) {
            if (!(step.operator() instanceof Conversions.Cast)) {
                line = line.flatMap(l -> after(step, l, graph));
            }
        }
        return line;
    }

    private static Optional<Line> after(Node node, Line line, Graph graph) {
        int rank = graph.tensor(node.output()).shape().rank();
        List<Line> values = new ArrayList<>();
        for (String input : node.inputs()) {
            Optional<Tensor> constant = graph.constant(input);
            Optional<Line> operand = constant.isEmpty() ? Optional.of(line)
                    : perChannel(constant.get(), rank, line.factors().length).map(Line::constant);
            if (operand.isEmpty()) {
                return Optional.empty();
            }
            values.add(operand.get());
        }
        PointwiseProgram program = node.operator() instanceof Fused.PointwiseChain chain ? chain.program()
                : node.operator() instanceof PointwiseOperator operator && operator.arity() == values.size()
                ? PointwiseProgram.of(operator) : null;
        if (program == null) {
            return Optional.empty();
        }
        for (PointwiseProgram.Instruction instruction : program.instructions()) {
            Optional<Line> result = result(instruction.operator(), instruction.operands().stream().map(values::get).toList());
            if (result.isEmpty()) {
                return Optional.empty();
            }
            values.add(result.get());
        }
        return Optional.of(values.get(program.isIdentity() ? 0 : values.size() - 1));
    }

    private static Optional<Line> result(PointwiseOperator operator, List<Line> operands) {
        Line first = operands.get(0);
        Line second = operands.get(operands.size() - 1);
        if (operator instanceof Arithmetic.Add) {
            return Optional.of(first.plus(second, 1));
        }
        if (operator instanceof Arithmetic.Sub) {
            return Optional.of(first.plus(second, -1));
        }
        if (operator instanceof Arithmetic.Mul && (first.isConstant() || second.isConstant())) {
            return Optional.of(second.isConstant() ? first.times(second) : second.times(first));
        }
        return operator instanceof Arithmetic.Div && second.isConstant() ? Optional.of(first.over(second)) : Optional.empty();
    }

    /** A constant that varies along the channels only, one number for each. */
    private static Optional<double[]> perChannel(Tensor constant, int rank, int channels) {
        int axis = CHANNEL_AXIS - (rank - constant.rank());
        boolean fits = constant.elements() == 1 || constant.elements() == channels && axis >= 0 && constant.size(axis) == channels;
        return !fits ? Optional.empty() : Optional.of(IntStream.range(0, channels)
                .mapToDouble(c -> constant.getDouble(constant.elements() == 1 ? 0 : c)).toArray());
    }
}
