package io.firesteel.pass.view;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Fused;
import io.firesteel.op.MatMul;
import io.firesteel.op.Mathematics;
import io.firesteel.op.Movement;
import io.firesteel.op.Reshaping;
import io.firesteel.op.Selection;
import io.firesteel.op.Softmaxes;
import io.firesteel.pass.Constants;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * Recognises scaled dot-product attention in the matrix products, transposes and softmax that exporters emit.
 *
 * <pre>
 * MatMul(Softmax(MatMul(heads(q), heads(k)^T) * scale + mask), heads(v))   ->   transposed MultiHeadAttention(q, k, v, mask)
 * </pre>
 *
 * {@code heads} is any chain of reshapes, transposes and selections that amounts to [N,S,H*D] to [N,H,S,D]. The weights may be
 * guarded against queries without a key: {@code Where(IsNaN(weights), 0, weights)}.
 */
public final class FuseAttention implements Rule {

    private record Scores(String value, double scale, String mask) { }

    private record Scaled(String value, double scale) { }

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!isPlainProduct(node, graph)) {
            return Optional.empty();
        }
        Optional<Node> guarded = guarded(node.input(0), graph);
        return guarded.or(() -> Constants.onlyFor(graph, node.input(0), Softmaxes.Softmax.class))
                .filter(softmax -> isLastAxis(softmax, graph))
                .flatMap(softmax -> scores(softmax.input(0), graph))
                .flatMap(scores -> Constants.onlyFor(graph, scores.value(), MatMul.class)
                        .filter(product -> isPlainProduct(product, graph))
                        .flatMap(product -> fuse(node, product, scores, guarded.isPresent(), graph)));
    }

    /** The softmax whose rows of NaN become zeros, where nothing else reads it. */
    private static Optional<Node> guarded(String value, Graph graph) {
        Optional<Node> choice = Constants.onlyFor(graph, value, Selection.Where.class);
        if (choice.isEmpty() || !Constants.isAbout(graph, choice.get().input(1), 0)) {
            return Optional.empty();
        }
        String weights = choice.get().input(2);
        boolean onlyHere = graph.consumers(weights).size() == 2 && !graph.isOutput(weights);
        return Constants.onlyFor(graph, choice.get().input(0), Mathematics.IsNaN.class)
                .filter(test -> onlyHere && test.input(0).equals(weights)).flatMap(test -> graph.producer(weights))
                .filter(n -> n.operator() instanceof Softmaxes.Softmax);
    }

    private static boolean isPlainProduct(Node node, Graph graph) {
        return node.operator() instanceof MatMul product && !product.transposeA() && !product.transposeB()
                && product.epilogue().isIdentity() && node.inputs().size() == 2
                && graph.type(node.output()) instanceof TensorType type && type.hasRank() && type.shape().rank() == 4
                && type.dataType() == DataType.FLOAT32;
    }

    private static boolean isLastAxis(Node softmax, Graph graph) {
        long axis = ((Softmaxes.Softmax) softmax.operator()).axis();
        return axis == -1 || axis == graph.tensor(softmax.output()).shape().rank() - 1;
    }

    /** Peels the mask and the scale off the scores. */
    private static Optional<Scores> scores(String value, Graph graph) {
        String mask = "";
        String current = value;
        Optional<Node> sum = Constants.onlyFor(graph, current, Arithmetic.Add.class);
        if (sum.isPresent()) {
            String left = sum.get().input(0);
            boolean leftIsScores = isScores(left, graph);
            mask = leftIsScores ? sum.get().input(1) : left;
            current = leftIsScores ? left : sum.get().input(1);
            if (!(graph.type(mask) instanceof TensorType type) || !type.hasRank() || type.shape().rank() > 4
                    || !Constants.sameShape(graph, current, value)) {
                return Optional.empty();
            }
        }
        Scaled scaled = unscaled(current, graph);
        return Optional.of(new Scores(scaled.value(), scaled.scale(), mask));
    }

    private static boolean isScores(String value, Graph graph) {
        return Constants.onlyFor(graph, unscaled(value, graph).value(), MatMul.class).isPresent();
    }

    private static Scaled unscaled(String value, Graph graph) {
        Optional<Node> producer = graph.producer(value).filter(n -> n.operator() instanceof Arithmetic.Mul
                || n.operator() instanceof Arithmetic.Div && Constants.scalar(graph, n.input(1)).isPresent());
        if (producer.isEmpty()) {
            return new Scaled(value, 1);
        }
        OptionalDouble factor = Constants.scalarOperand(graph, producer.get());
        boolean first = Constants.scalar(graph, producer.get().input(1)).isPresent();
        if (factor.isEmpty() || !graph.hasOneUse(value) || !Constants.sameShape(graph, producer.get().input(first ? 0 : 1), value)) {
            return new Scaled(value, 1);
        }
        double scale = producer.get().operator() instanceof Arithmetic.Div ? 1 / factor.getAsDouble() : factor.getAsDouble();
        return new Scaled(producer.get().input(first ? 0 : 1), scale);
    }

    private static Optional<Patch> fuse(Node node, Node product, Scores scores, boolean guarded, Graph graph) {
        Optional<Heads> q = Heads.of(graph, product.input(0), false);
        Optional<Heads> k = Heads.of(graph, product.input(1), true);
        Optional<Heads> v = Heads.of(graph, node.input(1), false).filter(h -> h.scale() == 1);
        if (q.isEmpty() || k.isEmpty() || v.isEmpty() || q.get().heads() != k.get().heads() || q.get().heads() != v.get().heads()) {
            return Optional.empty();
        }
        if (Stream.of(q.get(), k.get(), v.get()).map(h -> graph.tensor(h.source()).shape().dim(0)).distinct().count() != 1) {
            return Optional.empty();
        }
        boolean packed = q.get().part() == 0 && k.get().part() == 1 && v.get().part() == 2
                && q.get().source().equals(k.get().source()) && q.get().source().equals(v.get().source());
        if (!packed && (q.get().part() >= 0 || k.get().part() >= 0 || v.get().part() >= 0)) {
            return Optional.empty();
        }
        float scale = (float) (scores.scale() * q.get().scale() * k.get().scale());
        Patch.Builder patch = Patch.on(graph).remove(node);
        String result = patch.add(node.output() + "/attention", new Fused.MultiHeadAttention(q.get().heads(), scale, packed,
                guarded), q.get().source(), packed ? "" : k.get().source(), packed ? "" : v.get().source(), scores.mask());
        Shape heads = graph.tensor(node.output()).shape();
        Shape rows = Shape.of(heads.dim(0), heads.dim(2), heads.dim(1), heads.dim(3));
        Shape joined = Shape.of(heads.dim(0), heads.dim(2), heads.dim(1).times(heads.dim(3)).orElseThrow());
        Optional<Reshaping.Reshape> apart = Reshaping.Reshape.of(joined, rows.dims(), false);
        if (apart.isEmpty()) {
            return Optional.empty();
        }
        String split = patch.add(node.output() + "/heads", apart.get(), result);
        return Optional.of(patch.put(new Movement.Transpose(List.of(0L, 2L, 1L, 3L)), List.of(split), node.outputs()).build());
    }
}
