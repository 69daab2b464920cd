package io.firesteel.pass.simplify;

import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphRewriter;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Operator;
import io.firesteel.pass.Firings;
import io.firesteel.pass.Pass;
import io.firesteel.tensor.TensorType;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Computes equal nodes once: the same operator on the same inputs. Equal small constants count as the same input.
 *
 * <pre>
 * a = f(x); b = f(x)   ->   a = f(x), read for b too
 * </pre>
 */
public final class ShareCommonSubexpressions implements Pass {

    private static final long SMALL_BYTES = 4096;

    private record Key(Operator operator, List<String> inputs, int outputs) {

        /** Without the operator's components, whose hashes take long in a new JVM; those with the same inputs are few. */
        @Override
        public int hashCode() {
            return 31 * operator.getClass().hashCode() + inputs.hashCode();
        }
    }

    private record ConstantKey(TensorType type, ByteBuffer bytes) {

        // Written out, as a record's own are linked with a dozen classes made when they are first used.
        @Override
        public boolean equals(Object other) {
            return other instanceof ConstantKey that && type.equals(that.type) && bytes.equals(that.bytes);
        }

        @Override
        public int hashCode() {
            return 31 * type.hashCode() + bytes.hashCode();
        }
    }

    @Override
    public Graph run(Graph graph, Firings firings) {
        Graph current = graph;
        while (true) {
            Map<String, String> canonical = canonicalConstants(current);
            GraphRewriter rewriter = new GraphRewriter(current);
            Map<Key, Node> seen = new HashMap<>();
            boolean changed = false;
            for (Node node : current.nodes()) {
                if (!node.operator().isDeterministic()) {
                    continue;
                }
                List<String> inputs = node.inputs().stream().map(i -> canonical.getOrDefault(i, i)).toList();
                Node first = seen.putIfAbsent(new Key(node.operator(), inputs, node.outputs().size()), node);
                if (first != null && sameOutputs(first, node)) {
                    Patch.Builder patch = Patch.on(current).remove(node);
                    for (int i = 0; i < node.outputs().size(); i++) {
                        if (!node.outputs().get(i).isEmpty()) {
                            patch.replace(node.outputs().get(i), first.outputs().get(i));
                        }
                    }
                    if (rewriter.accept(patch.build())) {
                        for (int i = 0; i < node.outputs().size(); i++) {
                            canonical.put(node.outputs().get(i), first.outputs().get(i));
                        }
                        canonical.remove("");
                        firings.add("ShareCommonSubexpressions");
                        changed = true;
                    }
                }
            }
            if (!changed) {
                return current;
            }
            current = rewriter.apply("ShareCommonSubexpressions");
        }
    }

    private static boolean sameOutputs(Node first, Node node) {
        for (int i = 0; i < node.outputs().size(); i++) {
            if (!node.outputs().get(i).isEmpty() && first.outputs().get(i).isEmpty()) {
                return false;
            }
        }
        return true;
    }

    private static Map<String, String> canonicalConstants(Graph graph) {
        Map<ConstantKey, String> byContent = new HashMap<>();
        Map<String, String> canonical = new HashMap<>();
        graph.constants().forEach((value, tensor) -> {
            if (tensor.byteSize() <= SMALL_BYTES) {
                String first = byContent.putIfAbsent(new ConstantKey(tensor.type(), tensor.buffer()), value);
                canonical.put(value, first == null ? value : first);
            }
        });
        return canonical;
    }
}
