package io.firesteel.pass.simplify;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Activations;
import io.firesteel.op.Movement;
import io.firesteel.op.Operator;
import io.firesteel.op.Selection;
import io.firesteel.op.Slicing;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * Turns parameters that have become constants into attributes, which kernels and other rules can rely on.
 *
 * <pre>
 * DynamicSlice(x, [0], [4])       ->   Slice(x; starts [0], ends [4])
 * EvenSplit(x [N,6]; 3 parts)     ->   Split(x; sizes [2, 2, 2])
 * Clip(x, 0, 6)                   ->   ClipTo(x; 0, 6)
 * </pre>
 *
 * Likewise for DynamicExpand, DynamicSplit, DynamicTile and DynamicPad.
 */
public final class ResolveParameters implements Rule {

    private static final double EXACT_IN_DOUBLE = 0x1p53;

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        return resolved(node, graph).map(operator -> Patch.on(graph).remove(node)
                .put(operator, inputs(node, operator), node.outputs()).build());
    }

    private static List<String> inputs(Node node, Operator operator) {
        boolean padded = operator instanceof Slicing.Pad && !node.input(2).isEmpty();
        return padded ? List.of(node.input(0), node.input(2)) : List.of(node.input(0));
    }

    private static Optional<Operator> resolved(Node node, Graph graph) {
        if (node.operator() instanceof Movement.DynamicExpand) {
            return vector(graph, node.input(1)).map(Movement.Expand::new);
        }
        if (node.operator() instanceof Movement.DynamicTile) {
            return vector(graph, node.input(1)).map(Movement.Tile::new);
        }
        if (node.operator() instanceof Movement.DynamicSplit split) {
            return vector(graph, node.input(1)).map(sizes -> new Movement.Split(split.axis(), sizes));
        }
        if (node.operator() instanceof Movement.EvenSplit split) {
            return even(split, node, graph);
        }
        if (node.operator() instanceof Slicing.DynamicSlice) {
            return slice(node, graph);
        }
        if (node.operator() instanceof Slicing.DynamicPad pad) {
            return pad(pad, node, graph);
        }
        return node.operator() instanceof Selection.Clip ? clip(node, graph) : Optional.empty();
    }

    private static Optional<List<Long>> vector(Graph graph, String value) {
        return graph.constant(value).filter(c -> c.rank() == 1 && c.dataType().isInteger())
                .map(c -> Arrays.stream(c.toLongs()).boxed().toList());
    }

    private static Optional<Operator> even(Movement.EvenSplit split, Node node, Graph graph) {
        if (!(graph.type(node.input(0)) instanceof TensorType type) || !type.hasRank()) {
            return Optional.empty();
        }
        long axis = split.axis() < 0 ? split.axis() + type.shape().rank() : split.axis();
        Dim whole = type.shape().dim((int) axis);
        return whole.isConstant() ? Optional.of(new Movement.Split(split.axis(), split.sizes(whole.size()))) : Optional.empty();
    }

    private static Optional<Operator> slice(Node node, Graph graph) {
        Optional<List<Long>> starts = vector(graph, node.input(1));
        Optional<List<Long>> ends = vector(graph, node.input(2));
        if (starts.isEmpty() || ends.isEmpty()) {
            return Optional.empty();
        }
        int count = starts.get().size();
        Optional<List<Long>> axes = node.input(3).isEmpty() ? Optional.of(LongStream.range(0, count).boxed().toList())
                : vector(graph, node.input(3));
        Optional<List<Long>> steps = node.input(4).isEmpty() ? Optional.of(Collections.nCopies(count, 1L))
                : vector(graph, node.input(4));
        return axes.flatMap(a -> steps.map(s -> new Slicing.Slice(a, starts.get(), ends.get(), s)));
    }

    private static Optional<Operator> pad(Slicing.DynamicPad pad, Node node, Graph graph) {
        Optional<List<Long>> pads = vector(graph, node.input(1));
        if (pads.isEmpty() || !graph.tensor(node.input(0)).hasRank()) {
            return Optional.empty();
        }
        int rank = graph.tensor(node.input(0)).shape().rank();
        Optional<List<Long>> axes = node.input(3).isEmpty() ? Optional.of(LongStream.range(0, rank).boxed().toList())
                : vector(graph, node.input(3));
        if (axes.isEmpty() || pads.get().size() != 2 * axes.get().size()) {
            return Optional.empty();
        }
        List<Long> begins = new ArrayList<>(Collections.nCopies(rank, 0L));
        List<Long> ends = new ArrayList<>(begins);
        for (int i = 0; i < axes.get().size(); i++) {
            long axis = axes.get().get(i) < 0 ? axes.get().get(i) + rank : axes.get().get(i);
            begins.set((int) axis, pads.get().get(i));
            ends.set((int) axis, pads.get().get(axes.get().size() + i));
        }
        return Optional.of(new Slicing.Pad(pad.mode(), begins, ends));
    }

    private static Optional<Operator> clip(Node node, Graph graph) {
        for (int i = 1; i < 3; i++) {
            if (!node.input(i).isEmpty() && graph.constant(node.input(i)).filter(ResolveParameters::isExact).isEmpty()) {
                return Optional.empty();
            }
        }
        return Optional.of(new Activations.ClipTo(
                graph.constant(node.input(1)).map(c -> c.getDouble(0)).orElse(Double.NEGATIVE_INFINITY),
                graph.constant(node.input(2)).map(c -> c.getDouble(0)).orElse(Double.POSITIVE_INFINITY)));
    }

    private static boolean isExact(Tensor bound) {
        return bound.elements() == 1 && bound.dataType() != DataType.BOOL && !Double.isNaN(bound.getDouble(0))
                && (bound.dataType().isFloatingPoint() || Math.abs(bound.getDouble(0)) < EXACT_IN_DOUBLE);
    }
}
