package io.firesteel.quant;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.Contraction;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.Fused;
import io.firesteel.op.MatMul;
import io.firesteel.op.Movement;
import io.firesteel.op.Operator;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.Pooling;
import io.firesteel.op.Resampling;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds the activations whose range an int8 plan has to know. */
public final class QuantizableValues {

    private QuantizableValues() { }

    /**
     * The floating-point values that are read or made by the operators that int8 runs: convolutions and matrix products with
     * what is fused into them, attention, pooling, concatenation, pointwise operators and resizing. Constants and the
     * bodies of control flow are left out.
     *
     * @return names of values, in the order of the graph; fused nodes keep the ONNX name of their last value
     */
    public static List<String> of(Graph graph) {
        Set<String> values = new LinkedHashSet<>();
        for (Node node : graph.nodes()) {
            if (runsInInt8(node.operator())) {
                List<String> all = new ArrayList<>(node.inputs());
                all.addAll(node.outputs());
                all.stream().filter(value -> isActivation(graph, value)).forEach(values::add);
            }
        }
        return List.copyOf(values);
    }

    /**
     * The values whose channels bias correction has to know the means of: the data of convolutions and matrix products with
     * constant weights, with the axis of the channels. Values that layers read along different axes are left out.
     */
    public static Map<String, Integer> channelAxes(Graph graph) {
        Map<String, Integer> axes = new LinkedHashMap<>();
        Set<String> ambiguous = new HashSet<>();
        for (Node node : graph.nodes()) {
            if (node.operator() instanceof EpilogueOperator && graph.constant(node.input(1)).isPresent()
                    && isActivation(graph, node.input(0)) && graph.tensor(node.input(0)).hasRank()) {
                int axis = node.operator() instanceof MatMul ? graph.tensor(node.input(0)).shape().rank() - 1 : 1;
                if (!Integer.valueOf(axis).equals(axes.putIfAbsent(node.input(0), axis)) && axes.get(node.input(0)) != axis) {
                    ambiguous.add(node.input(0));
                }
            }
        }
        axes.keySet().removeAll(ambiguous);
        return axes;
    }

    private static boolean runsInInt8(Operator operator) {
        return operator instanceof Contraction || operator instanceof PointwiseOperator
                || operator instanceof Fused.PointwiseChain || operator instanceof Movement.Concat
                || operator instanceof Pooling.MaxPool || operator instanceof Pooling.AveragePool
                || operator instanceof Pooling.GlobalAveragePool || operator instanceof Pooling.GlobalMaxPool
                || operator instanceof Resampling.Resize;
    }

    private static boolean isActivation(Graph graph, String value) {
        return !value.isEmpty() && graph.constant(value).isEmpty() && graph.type(value) instanceof TensorType type
                && (type.dataType() == DataType.FLOAT32 || type.dataType() == DataType.FLOAT16
                || type.dataType() == DataType.BFLOAT16 || type.dataType() == DataType.FLOAT64);
    }
}
