package io.firesteel.pass.view;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.MatMul;
import io.firesteel.op.Movement;
import io.firesteel.pass.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Lets a matrix product read an operand transposed.
 *
 * <pre>
 * MatMul(a, Transpose(b))   ->   MatMul(a, b; transposeB)
 * </pre>
 */
public final class FoldTransposeIntoMatMul implements Rule {

    private final boolean constantsOnly;

    private FoldTransposeIntoMatMul(boolean constantsOnly) {
        this.constantsOnly = constantsOnly;
    }

    /** For weights only: before constants are folded, so that no transposed copy is made. */
    public static FoldTransposeIntoMatMul ofWeights() {
        return new FoldTransposeIntoMatMul(true);
    }

    /** For every operand: after the patterns that look for the transposes themselves. */
    public static FoldTransposeIntoMatMul ofAll() {
        return new FoldTransposeIntoMatMul(false);
    }

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!(node.operator() instanceof MatMul product)) {
            return Optional.empty();
        }
        Optional<String> a = source(node.input(0), graph);
        Optional<String> b = source(node.input(1), graph);
        if (a.isEmpty() && b.isEmpty()) {
            return Optional.empty();
        }
        List<String> inputs = new ArrayList<>(node.inputs());
        a.ifPresent(source -> inputs.set(0, source));
        b.ifPresent(source -> inputs.set(1, source));
        return Optional.of(Patch.on(graph).remove(node)
                .put(new MatMul(product.transposeA() != a.isPresent(), product.transposeB() != b.isPresent(), product.epilogue()),
                        inputs, node.outputs()).build());
    }

    private Optional<String> source(String value, Graph graph) {
        return graph.producer(value)
                .filter(n -> n.operator() instanceof Movement.Transpose transpose && exchangesLastTwo(transpose.perm()))
                .map(n -> n.input(0)).filter(s -> graph.tensor(s).hasRank() && (!constantsOnly || graph.constant(s).isPresent()));
    }

    private static boolean exchangesLastTwo(List<Long> perm) {
        int rank = perm.size();
        for (int i = 0; i < rank - 2; i++) {
            if (perm.get(i) != i) {
                return false;
            }
        }
        return rank >= 2 && perm.get(rank - 2) == rank - 1 && perm.get(rank - 1) == rank - 2;
    }
}
