package io.firesteel.pass.view;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Indexing;
import io.firesteel.op.Movement;
import io.firesteel.op.Slicing;
import io.firesteel.op.View;
import io.firesteel.pass.Constants;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * A value as a rearrangement of another one: the source's axes are cut into factors, and each axis of the value is a run of
 * factors. Reshapes regroup and cut factors, transposes reorder axes, selections fix a factor at one index. Factors of size 1
 * do not appear.
 *
 * <p>Example: [N,S,H*D] reshaped to [N,S,H,D] and transposed to [N,H,S,D] is {@code [[N],[H],[S],[D]]} over {@code N S H D}.
 */
final class AxisView {

    /** A part of a source axis. */
    static final class Factor {
        private final Dim size;
        private long fixed = -1;

        private Factor(Dim size) {
            this.size = size;
        }

        Dim size() {
            return size;
        }

        /** The index the view selects, or -1 where it spans the factor. */
        long fixed() {
            return fixed;
        }

        @Override
        public String toString() {
            return fixed < 0 ? size.toString() : size + "@" + fixed;
        }
    }

    private final String source;
    private final int nodes;
    private final List<List<Factor>> sourceAxes = new ArrayList<>();
    private final List<List<Factor>> axes = new ArrayList<>();
    private double scale = 1;

    private AxisView(String source, Shape shape, int nodes) {
        this.source = source;
        this.nodes = nodes;
        for (Dim dim : shape.dims()) {
            List<Factor> axis = new ArrayList<>();
            if (!dim.is(1)) {
                axis.add(new Factor(dim));
            }
            sourceAxes.add(axis);
            axes.add(new ArrayList<>(axis));
        }
    }

    /** The view of a value through reshapes and transposes, or empty where it cannot be expressed. */
    static Optional<AxisView> of(Graph graph, String value) {
        return trace(graph, value, false);
    }

    /**
     * The view of a value through reshapes, transposes, selections of an index or one of several equal parts, and products with
     * a scalar, which {@link #scale} gives.
     */
    static Optional<AxisView> ofScaledSelection(Graph graph, String value) {
        return trace(graph, value, true);
    }

    private static Optional<AxisView> trace(Graph graph, String value, boolean selections) {
        Deque<Node> chain = new ArrayDeque<>();
        Deque<String> through = new ArrayDeque<>();
        String root = value;
        while (true) {
            Optional<Node> producer = graph.producer(root).filter(n -> isView(graph, n) || selections && (isSelection(graph, n) || isScaling(graph, n)));
            if (producer.isEmpty() || !hasShape(graph, data(graph, producer.get()))) {
                break;
            }
            chain.push(producer.get());
            through.push(root);
            root = data(graph, producer.get());
        }
        if (!hasShape(graph, root)) {
            return Optional.empty();
        }
        AxisView view = new AxisView(root, graph.tensor(root).shape(), chain.size());
        while (!chain.isEmpty()) {
            if (!view.apply(graph, chain.pop(), through.pop())) {
                return Optional.empty();
            }
        }
        return Optional.of(view);
    }

    private static boolean hasShape(Graph graph, String value) {
        return graph.type(value) instanceof TensorType type && type.hasRank();
    }

    /** Whether a node only regroups or reorders axes. */
    static boolean isView(Graph graph, Node node) {
        return (node.operator() instanceof View || node.operator() instanceof Movement.Transpose)
                && hasShape(graph, node.output());
    }

    private static boolean isSelection(Graph graph, Node node) {
        if (node.operator() instanceof Indexing.Gather) {
            return graph.constant(node.input(1)).filter(i -> i.rank() == 0).isPresent();
        }
        return node.operator() instanceof Movement.Split || node.operator() instanceof Slicing.Slice;
    }

    private static boolean isScaling(Graph graph, Node node) {
        return node.operator() instanceof Arithmetic.Mul && Constants.scalarOperand(graph, node).isPresent()
                && Constants.variable(graph, node).filter(v -> graph.type(v).equals(graph.type(node.output()))).isPresent();
    }

    private static String data(Graph graph, Node node) {
        return node.operator() instanceof Arithmetic.Mul ? Constants.variable(graph, node).orElseThrow() : node.input(0);
    }

    private boolean apply(Graph graph, Node node, String output) {
        if (node.operator() instanceof Arithmetic.Mul) {
            scale *= Constants.scalarOperand(graph, node).orElseThrow();
            return true;
        }
        Shape result = graph.tensor(output).shape();
        if (node.operator() instanceof Movement.Transpose transpose) {
            List<List<Factor>> reordered = transpose.perm().stream().map(p -> axes.get(p.intValue())).toList();
            axes.clear();
            axes.addAll(reordered);
            return true;
        }
        if (node.operator() instanceof Indexing.Gather gather) {
            Tensor index = graph.constant(node.input(1)).orElseThrow();
            int axis = normalize(gather.axis());
            return select(axis, Dim.of(1), index.getLong(0)) && axes.remove(axis) != null;
        }
        if (node.operator() instanceof Movement.Split split) {
            return part(normalize(split.axis()), split.sizes(), node.outputs().indexOf(output));
        }
        if (node.operator() instanceof Slicing.Slice slice) {
            return slice.axes().size() == 1 && slice.steps().get(0) == 1
                    && range(normalize(slice.axes().get(0)), slice.starts().get(0), result.dim(normalize(slice.axes().get(0))));
        }
        return regroup(result);
    }

    private int normalize(long axis) {
        return (int) (axis < 0 ? axis + axes.size() : axis);
    }

    private boolean part(int axis, List<Long> sizes, int index) {
        long size = sizes.get(index);
        return sizes.stream().allMatch(s -> s == size) && select(axis, Dim.of(size), index);
    }

    private boolean range(int axis, long start, Dim length) {
        return start >= 0 && length.isConstant() && length.size() > 0 && start % length.size() == 0
                && select(axis, length, start / length.size());
    }

    /** Keeps part {@code index} of the parts of {@code length} an axis falls into. */
    private boolean select(int axis, Dim length, long index) {
        List<Factor> whole = axes.get(axis);
        Optional<Dim> total = product(whole);
        Optional<Dim> parts = total.flatMap(t -> t.dividedBy(length));
        if (parts.isEmpty() || !parts.get().isConstant() || index < 0 && !length.is(1)) {
            return false;
        }
        long chosen = index < 0 ? index + parts.get().size() : index;
        Deque<Factor> left = new ArrayDeque<>(whole);
        List<Factor> outer = take(left, parts.get());
        if (outer == null || outer.size() > 1 || chosen < 0 || chosen >= parts.get().size()) {
            return false;
        }
        outer.forEach(f -> f.fixed = chosen);
        axes.set(axis, new ArrayList<>(left));
        return true;
    }

    private static Optional<Dim> product(List<Factor> factors) {
        Optional<Dim> product = Optional.of(Dim.of(1));
        for (Factor factor : factors) {
            product = product.flatMap(p -> p.times(factor.size));
        }
        return product;
    }

    private boolean regroup(Shape result) {
        Deque<Factor> left = new ArrayDeque<>();
        axes.forEach(left::addAll);
        List<List<Factor>> grouped = new ArrayList<>();
        for (Dim dim : result.dims()) {
            List<Factor> axis = take(left, dim);
            if (axis == null) {
                return false;
            }
            grouped.add(axis);
        }
        axes.clear();
        axes.addAll(grouped);
        return left.isEmpty();
    }

    /** Takes factors of the wanted product off the front, cutting the last one where needed; null where that cannot be done. */
    private List<Factor> take(Deque<Factor> left, Dim wanted) {
        List<Factor> taken = new ArrayList<>();
        Dim open = wanted;
        while (!open.is(1)) {
            Factor next = left.poll();
            if (next == null) {
                return null;
            }
            Optional<Dim> rest = open.dividedBy(next.size);
            if (rest.isPresent()) {
                taken.add(next);
                open = rest.get();
                continue;
            }
            Optional<Dim> inner = next.size.dividedBy(open);
            if (inner.isEmpty() || next.fixed >= 0) {
                return null;
            }
            Factor outside = new Factor(open);
            Factor inside = new Factor(inner.get());
            cut(next, outside, inside);
            taken.add(outside);
            left.push(inside);
            open = Dim.of(1);
        }
        return taken;
    }

    private void cut(Factor whole, Factor outside, Factor inside) {
        for (List<List<Factor>> groups : List.of(sourceAxes, axes)) {
            for (List<Factor> axis : groups) {
                int at = axis.indexOf(whole);
                if (at >= 0) {
                    axis.set(at, outside);
                    axis.add(at + 1, inside);
                }
            }
        }
    }

    /** The value that is rearranged. */
    String source() {
        return source;
    }

    /** What the source's elements are multiplied by. */
    double scale() {
        return scale;
    }

    /** The number of nodes between source and value. */
    int nodes() {
        return nodes;
    }

    /** The value's axes as factors. */
    List<List<Factor>> axes() {
        return axes;
    }

    /** The source's axes as factors. */
    List<List<Factor>> sourceAxes() {
        return sourceAxes;
    }

    /** The source's factors in memory order. */
    List<Factor> sourceFactors() {
        return sourceAxes.stream().flatMap(List::stream).toList();
    }

    /** The value's factors in order. */
    List<Factor> factors() {
        return axes.stream().flatMap(List::stream).toList();
    }

    /** Whether the value is the source with every axis in its place. */
    boolean isIdentity() {
        return axes.equals(sourceAxes);
    }

    /** Whether the value has the source's memory order: a reshape makes it. */
    boolean isReshape() {
        return factors().equals(sourceFactors());
    }

    /** The permutation of source axes that makes the value, where a transpose alone does. */
    Optional<List<Long>> permutation() {
        if (axes.size() != sourceAxes.size()) {
            return Optional.empty();
        }
        List<Long> perm = new ArrayList<>();
        for (List<Factor> axis : axes) {
            int at = -1;
            for (int i = 0; i < sourceAxes.size() && at < 0; i++) {
                if (sourceAxes.get(i).equals(axis) && !perm.contains((long) i)) {
                    at = i;
                }
            }
            if (at < 0) {
                return Optional.empty();
            }
            perm.add((long) at);
        }
        return Optional.of(perm);
    }
}
