package io.firesteel.pass.fuse;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Fused;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.pass.Constants;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Merges a pointwise operator into the one that alone reads it, so that the value between them never reaches memory.
 *
 * <pre>
 * Tanh(x * y) + z   ->   PointwiseChain(x, y, z)
 * </pre>
 */
public final class FusePointwiseChains implements Rule {

    private static final int INSTRUCTION_LIMIT = 32;
    private static final int INPUT_LIMIT = 8;

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        Optional<PointwiseProgram> consumer = program(node, graph);
        if (consumer.isEmpty()) {
            return Optional.empty();
        }
        for (int i = 0; i < node.inputs().size(); i++) {
            String value = node.input(i);
            if (!graph.hasOneUse(value) || !Constants.sameShape(graph, value, node.output())) {
                continue;
            }
            Optional<Node> producer = graph.producer(value);
            Optional<PointwiseProgram> first = producer.flatMap(n -> program(n, graph));
            if (first.isPresent() && first.get().instructions().size() + consumer.get().instructions().size() <= INSTRUCTION_LIMIT
                    && first.get().inputs() + consumer.get().inputs() - 1 <= INPUT_LIMIT) {
                return Optional.of(merge(producer.get(), first.get(), node, consumer.get(), i, graph));
            }
        }
        return Optional.empty();
    }

    /** A node as a program, where it is pointwise over floating-point tensors of one type. */
    private static Optional<PointwiseProgram> program(Node node, Graph graph) {
        if (!(node.operator() instanceof PointwiseOperator) && !(node.operator() instanceof Fused.PointwiseChain)) {
            return Optional.empty();
        }
        if (!(graph.type(node.output()) instanceof TensorType result) || !result.dataType().isFloatingPoint() || !result.hasRank()
                || node.inputs().stream().anyMatch(i -> i.isEmpty() || !(graph.type(i) instanceof TensorType t)
                        || t.dataType() != result.dataType())) {
            return Optional.empty();
        }
        if (node.operator() instanceof Fused.PointwiseChain chain) {
            return Optional.of(chain.program());
        }
        if (node.operator() instanceof PointwiseOperator pointwise && node.operator().isDeterministic()
                && node.inputs().size() == pointwise.arity()) {
            return Optional.of(PointwiseProgram.of(pointwise));
        }
        return Optional.empty();
    }

    /** Inputs of the merged program: the producer's, then the consumer's without the value between them. */
    private static Patch merge(Node producer, PointwiseProgram first, Node consumer, PointwiseProgram second, int at, Graph graph) {
        int inputs = first.inputs() + second.inputs() - 1;
        int between = inputs + first.instructions().size() - 1;
        List<PointwiseProgram.Instruction> instructions = new ArrayList<>();
        for (PointwiseProgram.Instruction instruction : first.instructions()) {
            instructions.add(new PointwiseProgram.Instruction(instruction.operator(), instruction.operands().stream()
                    .map(o -> o < first.inputs() ? o : o + second.inputs() - 1).toList()));
        }
        for (PointwiseProgram.Instruction instruction : second.instructions()) {
            instructions.add(new PointwiseProgram.Instruction(instruction.operator(), instruction.operands().stream().map(o -> {
                if (o >= second.inputs()) {
                    return inputs + first.instructions().size() + o - second.inputs();
                }
                return o == at ? between : first.inputs() + (o < at ? o : o - 1);
            }).toList()));
        }
        List<String> values = new ArrayList<>(producer.inputs());
        for (int i = 0; i < consumer.inputs().size(); i++) {
            if (i != at) {
                values.add(consumer.input(i));
            }
        }
        return Patch.on(graph).remove(producer, consumer)
                .put(new Fused.PointwiseChain(new PointwiseProgram(inputs, instructions)), values, consumer.outputs()).build();
    }
}
