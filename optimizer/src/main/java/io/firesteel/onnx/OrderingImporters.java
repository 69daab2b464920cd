package io.firesteel.onnx;

import io.firesteel.op.CumulativeOperators;
import io.firesteel.op.Filtering;
import io.firesteel.op.Ordering;
import io.firesteel.tensor.Tensor;
import java.util.Optional;

/** Importers of operators that order, filter or accumulate elements. */
public final class OrderingImporters implements ImporterFamily {

    private static final int FIRST_TENSOR_K = 10;

    @Override
    public void register(Registry registry) {
        registry.add("", "TopK", 1, FIRST_TENSOR_K - 1,
                n -> topK(n, n.constant(Tensor.vector(n.integer("k")))));
        registry.add("", "TopK", FIRST_TENSOR_K, Integer.MAX_VALUE, n -> topK(n, n.input(1)));
        registry.add("ArgMax", n -> n.emit(new Ordering.ArgMax(n.integer("axis", 0), n.flag("keepdims", true),
                n.flag("select_last_index", false)), n.input(0)));
        registry.add("ArgMin", n -> n.emit(new Ordering.ArgMin(n.integer("axis", 0), n.flag("keepdims", true),
                n.flag("select_last_index", false)), n.input(0)));
        registry.add("Unique", n -> n.emit(new Ordering.Unique(axis(n), n.flag("sorted", true)), n.input(0)));
        registry.add("Compress", n -> n.emit(new Filtering.Compress(axis(n)), n.input(0), n.input(1)));
        registry.add("NonZero", n -> n.emit(new Filtering.NonZero(), n.input(0)));
        registry.add("Trilu", n -> n.emit(new Filtering.Trilu(n.flag("upper", true)), n.inputs()));
        registry.add("CumSum", n -> n.emit(
                new CumulativeOperators.CumSum(n.flag("exclusive", false), n.flag("reverse", false)), n.input(0), n.input(1)));
        registry.add("CumProd", n -> n.emit(
                new CumulativeOperators.CumProd(n.flag("exclusive", false), n.flag("reverse", false)), n.input(0), n.input(1)));
    }

    private static void topK(OnnxNode node, String k) {
        node.emit(new Ordering.TopK(node.integer("axis", -1), node.flag("largest", true), node.flag("sorted", true)),
                node.input(0), k);
    }

    private static Optional<Long> axis(OnnxNode node) {
        return node.has("axis") ? Optional.of(node.integer("axis")) : Optional.empty();
    }
}
