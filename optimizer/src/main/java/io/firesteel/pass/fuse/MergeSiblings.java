package io.firesteel.pass.fuse;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Convolution;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.MatMul;
import io.firesteel.op.Operator;
import io.firesteel.op.Movement;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Horizontal fusion: layers of one kind that read the same input become one wider layer whose result is split.
 *
 * <pre>
 * q = x Wq + bq; k = x Wk + bk; v = x Wv + bv   ->   q, k, v = Split(x [Wq Wk Wv] + [bq bk bv])
 * </pre>
 *
 * Convolutions merge where kernel and attributes are equal; matrix products where the weights are constant matrices. Epilogues
 * merge where they are equal and have no other inputs.
 */
public final class MergeSiblings implements Rule {

    /** Convolutions with more kernel elements than this are wide enough alone. */
    private static final long WIDE_KERNEL = 1;

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!isCandidate(node, graph)) {
            return Optional.empty();
        }
        List<Node> siblings = graph.consumers(node.input(0)).stream().filter(n -> isCandidate(n, graph) && matches(node, n, graph)).toList();
        if (siblings.size() < 2 || !siblings.get(0).equals(node)) {
            return Optional.empty();
        }
        return Optional.of(merge(inReadersOrder(siblings, graph), graph));
    }

    /** The order in which one node reads all the results, where there is one: attention takes query, key and value in turn. */
    private static List<Node> inReadersOrder(List<Node> siblings, Graph graph) {
        List<Node> readers = graph.consumers(siblings.get(0).output());
        if (readers.size() != 1) {
            return siblings;
        }
        List<String> order = readers.get(0).inputs();
        return siblings.stream().allMatch(n -> order.contains(n.output()))
                ? siblings.stream().sorted(Comparator.comparingInt(n -> order.indexOf(n.output()))).toList() : siblings;
    }

    private static boolean isCandidate(Node node, Graph graph) {
        Optional<Tensor> weights = graph.constant(node.input(1));
        if (weights.isEmpty() || weights.get().dataType() != DataType.FLOAT32 || node.outputs().size() != 1
                || !(node.operator() instanceof EpilogueOperator layer) || layer.epilogue().inputs() != 1
                || node.inputs().size() > EpilogueOperator.EPILOGUE_INPUT) {
            return false;
        }
        if (weights.get().rank() < 2 || weights.get().elements() == 0) {
            return false;
        }
        String bias = node.input(EpilogueOperator.BIAS_INPUT);
        if (!bias.isEmpty() && graph.constant(bias).filter(b -> b.rank() == 1 && b.dataType() == DataType.FLOAT32
                && b.elements() == weights.get().size(channelAxis(node.operator()))).isEmpty()) {
            return false;
        }
        if (node.operator() instanceof Convolution convolution) {
            Tensor w = weights.get();
            long kernel = 1;
            for (int i = 2; i < w.rank(); i++) {
                kernel *= w.size(i);
            }
            return convolution.groups() == 1 && kernel <= WIDE_KERNEL;
        }
        return node.operator() instanceof MatMul product && !product.transposeA() && weights.get().rank() == 2
                && graph.tensor(node.input(0)).hasRank() && graph.tensor(node.input(0)).shape().rank() >= 2;
    }

    private static boolean matches(Node a, Node b, Graph graph) {
        if (!a.input(0).equals(b.input(0)) || !a.operator().equals(b.operator())
                || a.input(EpilogueOperator.BIAS_INPUT).isEmpty() != b.input(EpilogueOperator.BIAS_INPUT).isEmpty()) {
            return false;
        }
        Tensor x = graph.constant(a.input(1)).orElseThrow();
        Tensor y = graph.constant(b.input(1)).orElseThrow();
        int channel = channelAxis(a.operator());
        for (int i = 0; i < x.rank(); i++) {
            if (x.rank() != y.rank() || i != channel && x.size(i) != y.size(i)) {
                return false;
            }
        }
        return true;
    }

    private static int channelAxis(Operator operator) {
        return operator instanceof MatMul product && !product.transposeB() ? 1 : 0;
    }

    private static Patch merge(List<Node> siblings, Graph graph) {
        Node first = siblings.get(0);
        int channel = channelAxis(first.operator());
        List<Tensor> weights = siblings.stream().map(n -> graph.constant(n.input(1)).orElseThrow()).toList();
        Patch.Builder patch = Patch.on(graph).remove(siblings.toArray(Node[]::new));
        List<String> inputs = new ArrayList<>(List.of(first.input(0),
                patch.constant(first.input(1) + "/merged", concatenate(weights, channel))));
        if (!first.input(EpilogueOperator.BIAS_INPUT).isEmpty()) {
            inputs.add(patch.constant(first.input(EpilogueOperator.BIAS_INPUT) + "/merged",
                    concatenate(siblings.stream().map(n -> graph.constant(n.input(EpilogueOperator.BIAS_INPUT)).orElseThrow()).toList(), 0)));
        }
        String whole = patch.add(first.output() + "/merged", first.operator(), inputs.toArray(String[]::new));
        long axis = first.operator() instanceof MatMul ? graph.tensor(first.output()).shape().rank() - 1 : 1;
        List<Long> sizes = weights.stream().map(w -> w.size(channel)).toList();
        return patch.put(new Movement.Split(axis, sizes), List.of(whole), siblings.stream().map(Node::output).toList()).build();
    }

    private static Tensor concatenate(List<Tensor> parts, int axis) {
        long[] sizes = parts.get(0).sizes();
        sizes[axis] = parts.stream().mapToLong(p -> p.size(axis)).sum();
        Tensor whole = Tensor.zeros(parts.get(0).dataType(), sizes);
        long inner = 1;
        for (int i = axis + 1; i < sizes.length; i++) {
            inner *= sizes[i];
        }
        long outer = 1;
        for (int i = 0; i < axis; i++) {
            outer *= sizes[i];
        }
        long at = 0;
        for (long row = 0; row < outer; row++) {
            for (Tensor part : parts) {
                long length = part.size(axis) * inner;
                whole.copy(at, part, row * length, length);
                at += length;
            }
        }
        return whole;
    }
}
