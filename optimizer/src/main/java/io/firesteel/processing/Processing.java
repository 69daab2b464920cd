package io.firesteel.processing;

import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.graph.Node;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Conversions;
import io.firesteel.op.Movement;
import io.firesteel.op.Ordering;
import io.firesteel.op.Softmaxes;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;

/** Puts declared pre- and post-processing around a network, as ordinary nodes that the optimizer then fuses. */
public final class Processing {

    private final Graph graph;
    private final GraphBuilder builder;
    private final Map<String, String> renamed = new HashMap<>();

    private Processing(Graph graph) {
        this.graph = graph;
        this.builder = new GraphBuilder(graph.name());
    }

    /**
     * The network with its processing. Inputs keep their names and change their type; see {@link Postprocessing.Selection} for
     * the names of outputs.
     *
     * @throws FiresteelException if the network has no such input, or shapes do not fit
     */
    public static Graph around(Graph graph, List<Preprocessing> before, Postprocessing after) {
        if (before.isEmpty() && after.equals(Postprocessing.NONE)) {
            return graph;
        }
        return new Processing(graph).build(before, after);
    }

    private Graph build(List<Preprocessing> before, Postprocessing after) {
        Map<String, Preprocessing> byInput = new HashMap<>();
        for (Preprocessing step : before) {
            if (!graph.inputs().contains(step.input())) {
                throw FiresteelException.user("PREPROCESSING_INVALID", "the model has no input '" + step.input() + "' to pre-process; its inputs are "
                        + graph.inputs());
            }
            byInput.put(step.input(), step);
        }
        for (String input : graph.inputs()) {
            Preprocessing step = byInput.get(input);
            builder.input(input, step == null ? graph.type(input) : bytesType(step));
        }
        graph.constants().forEach(builder::constant);
        for (String input : graph.inputs()) {
            if (byInput.containsKey(input)) {
                renamed.put(input, preprocess(byInput.get(input)));
            }
        }
        for (Node node : graph.nodes()) {
            builder.add(new Node(node.name(), node.operator(), node.inputs().stream().map(this::resolve).toList(), node.outputs(), node.origins()));
        }
        for (int i = 0; i < graph.outputs().size(); i++) {
            Graph.Output output = graph.outputs().get(i);
            if (i == 0) {
                postprocess(output, after);
            } else {
                builder.output(output.name(), resolve(output.value()));
            }
        }
        return builder.build();
    }

    private String resolve(String value) {
        return renamed.getOrDefault(value, value);
    }

    private TensorType bytesType(Preprocessing step) {
        if (!(graph.type(step.input()) instanceof TensorType type) || !type.dataType().isFloatingPoint() || !type.hasRank()) {
            throw FiresteelException.user("PREPROCESSING_INVALID", "input '" + step.input() + "' is " + graph.type(step.input())
                    + "; only floating-point tensors can be given as uint8");
        }
        if (!step.channelsLast()) {
            return type.withDataType(DataType.UINT8);
        }
        if (type.shape().rank() != 4) {
            throw FiresteelException.user("PREPROCESSING_INVALID", "input '" + step.input() + "' is " + type
                    + "; the NHWC layout needs four dimensions");
        }
        Shape shape = type.shape();
        return new TensorType(DataType.UINT8, Shape.of(shape.dim(0), shape.dim(2), shape.dim(3), shape.dim(1)));
    }

    private String preprocess(Preprocessing step) {
        TensorType type = graph.tensor(step.input());
        String value = step.input();
        if (step.channelsLast()) {
            value = builder.add(new Movement.Transpose(List.of(0L, 3L, 1L, 2L)), value);
        }
        value = builder.add(new Conversions.Cast(type.dataType()), value);
        int channels = Math.max(step.mean().size(), step.deviation().size());
        Tensor factor = perChannel(type, channels, step, c -> step.scale() / at(step.deviation(), c));
        Tensor offset = perChannel(type, channels, step, c -> -at(step.mean(), c) / at(step.deviation(), c));
        if (!isAll(factor, 1)) {
            value = builder.add(new Arithmetic.Mul(), value, builder.constant(factor));
        }
        return isAll(offset, 0) ? value : builder.add(new Arithmetic.Add(), value, builder.constant(offset));
    }

    private static double at(List<Double> values, int channel) {
        return values.get(values.size() == 1 ? 0 : channel);
    }

    private static boolean isAll(Tensor tensor, double value) {
        return Arrays.stream(tensor.toDoubles()).allMatch(v -> v == value);
    }

    private static Tensor perChannel(TensorType type, int channels, Preprocessing step, IntToDoubleFunction value) {
        if (channels == 1) {
            return Tensor.scalar(type.dataType(), value.applyAsDouble(0));
        }
        if (type.shape().rank() < 2 || !type.shape().dim(1).is(channels) || step.mean().size() > 1 && step.mean().size() != channels
                || step.deviation().size() > 1 && step.deviation().size() != channels) {
            throw FiresteelException.user("PREPROCESSING_INVALID", "input '" + step.input() + "' is " + type
                    + "; mean and deviation must have one number, or one for each channel of axis 1");
        }
        long[] sizes = new long[type.shape().rank() - 1];
        Arrays.fill(sizes, 1);
        sizes[0] = channels;
        Tensor tensor = Tensor.zeros(type.dataType(), sizes);
        for (int c = 0; c < channels; c++) {
            tensor.setDouble(c, value.applyAsDouble(c));
        }
        return tensor;
    }

    private void postprocess(Graph.Output output, Postprocessing step) {
        String value = resolve(output.value());
        if (step.equals(Postprocessing.NONE)) {
            builder.output(output.name(), value);
            return;
        }
        if (!(graph.type(output.value()) instanceof TensorType type) || !type.hasRank() || type.shape().rank() != 2) {
            throw FiresteelException.user("POSTPROCESSING_INVALID", "output '" + output.name() + "' is " + graph.type(output.value())
                    + "; post-processing needs [N, classes]");
        }
        if (!step.labels().isEmpty() && !type.shape().dim(1).is(step.labels().size())) {
            throw FiresteelException.user("POSTPROCESSING_INVALID", step.labels().size() + " labels for output '" + output.name() + "' of " + type);
        }
        if (step.softmax()) {
            value = builder.add(new Softmaxes.Softmax(-1), value);
        }
        switch (step.selection()) {
            case ALL -> builder.output(output.name(), value);
            case ARGMAX -> builder.output(output.name() + "_index", builder.add(new Ordering.ArgMax(-1, false, false), value));
            case TOP_K -> {
                List<String> results = new ArrayList<>(builder.add(new Ordering.TopK(-1, true, true), 2, value,
                        builder.constant(Tensor.vector(step.k()))));
                builder.output(output.name() + "_values", results.get(0));
                builder.output(output.name() + "_indices", results.get(1));
            }
        }
    }
}
