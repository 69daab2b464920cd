package io.firesteel.pass.fuse;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.pass.Constants;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Appends the pointwise operator that alone reads a convolution's or matrix product's result to its epilogue. Another operand,
 * a residual say, becomes an input of the epilogue.
 *
 * <pre>
 * Relu(Convolution(x, W, b) + r)   ->   Convolution(x, W, b, r; epilogue Add, Relu)
 * </pre>
 */
public final class FuseEpilogue implements Rule {

    private static final int INSTRUCTION_LIMIT = 8;

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!(node.operator() instanceof PointwiseOperator pointwise) || pointwise.arity() > 2
                || node.inputs().size() != pointwise.arity() || !pointwise.isDeterministic()) {
            return Optional.empty();
        }
        int last = last(node, graph);
        return fuse(node, pointwise, last, graph)
                .or(() -> node.inputs().size() == 2 ? fuse(node, pointwise, 1 - last, graph) : Optional.empty());
    }

    /** Of two operands that layers make, the one made later carries the sum, so that the other is there when it runs. */
    private static int last(Node node, Graph graph) {
        if (node.inputs().size() == 1) {
            return 0;
        }
        int first = graph.producer(node.input(0)).map(graph::position).orElse(-1);
        int second = graph.producer(node.input(1)).map(graph::position).orElse(-1);
        return second > first ? 1 : 0;
    }

    private static Optional<Patch> fuse(Node node, PointwiseOperator pointwise, int operand, Graph graph) {
        String value = node.input(operand);
        if (!graph.hasOneUse(value) || !isFloat(graph, value) || !graph.type(value).equals(graph.type(node.output()))) {
            return Optional.empty();
        }
        Optional<Node> layer = graph.producer(value).filter(n -> n.outputs().size() == 1);
        if (layer.isEmpty() || !(layer.get().operator() instanceof EpilogueOperator operator)
                || operator.epilogue().instructions().size() >= INSTRUCTION_LIMIT) {
            return Optional.empty();
        }
        PointwiseProgram old = operator.epilogue();
        boolean binary = node.inputs().size() == 2;
        String other = binary ? node.input(1 - operand) : "";
        if (binary && !(graph.type(other) instanceof TensorType type && type.hasRank()
                && type.dataType() == graph.tensor(value).dataType())) {
            return Optional.empty();
        }
        PointwiseProgram widened = binary ? appendInput(old) : old;
        int result = widened.inputs() + widened.instructions().size() - 1;
        int chained = widened.instructions().isEmpty() ? 0 : result;
        List<Integer> operands = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            operands.add(i == operand ? chained : widened.inputs() - 1);
        }
        List<PointwiseProgram.Instruction> instructions = new ArrayList<>(widened.instructions());
        instructions.add(new PointwiseProgram.Instruction(pointwise, operands));
        List<String> inputs = new ArrayList<>(layer.get().inputs());
        while (inputs.size() < EpilogueOperator.EPILOGUE_INPUT + old.inputs() - 1) {
            inputs.add("");
        }
        if (binary) {
            inputs.add(other);
        }
        return Optional.of(Patch.on(graph).remove(layer.get(), node)
                .put(operator.withEpilogue(new PointwiseProgram(widened.inputs(), instructions)),
                        inputs, node.outputs()).build());
    }

    private static PointwiseProgram appendInput(PointwiseProgram program) {
        List<PointwiseProgram.Instruction> moved = program.instructions().stream()
                .map(i -> new PointwiseProgram.Instruction(i.operator(), i.operands().stream()
                        .map(o -> o >= program.inputs() ? o + 1 : o).toList()))
                .toList();
        return new PointwiseProgram(program.inputs() + 1, moved);
    }

    private static boolean isFloat(Graph graph, String value) {
        return graph.type(value) instanceof TensorType type && type.hasRank()
                && (type.dataType() == DataType.FLOAT32 || type.dataType() == DataType.FLOAT16 || type.dataType() == DataType.BFLOAT16);
    }
}
