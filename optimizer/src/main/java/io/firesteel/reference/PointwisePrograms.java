package io.firesteel.reference;

import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.op.Fused;
import io.firesteel.op.Operator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Evaluates pointwise programs one instruction after the other on whole tensors. */
public final class PointwisePrograms implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Fused.PointwiseChain.class, (op, in) -> {
            List<HostValue> inputs = new ArrayList<>();
            for (int i = 0; i < in.inputCount(); i++) {
                inputs.add(in.value(i));
            }
            return List.of(run(op.program(), inputs, in));
        });
    }

    /**
     * Applies an operator's epilogue to its result.
     *
     * @param firstInput index of the node input that is the epilogue's input 1
     */
    static HostValue epilogue(PointwiseProgram program, Tensor result, int firstInput, EvaluationContext context) {
        if (program.isIdentity()) {
            return result;
        }
        List<HostValue> inputs = new ArrayList<>();
        inputs.add(result);
        for (int i = 1; i < program.inputs(); i++) {
            inputs.add(context.value(firstInput + i - 1));
        }
        return run(program, inputs, context);
    }

    private static HostValue run(PointwiseProgram program, List<HostValue> inputs, EvaluationContext context) {
        List<HostValue> values = new ArrayList<>(inputs);
        for (PointwiseProgram.Instruction instruction : program.instructions()) {
            List<HostValue> operands = instruction.operands().stream().map(values::get).toList();
            values.add(evaluate(instruction.operator(), new Operands(operands, context)));
        }
        return values.get(program.isIdentity() ? 0 : values.size() - 1);
    }

    /** The first result of an operator. */
    static <O extends Operator> HostValue evaluate(O operator, EvaluationContext operands) {
        return Evaluators.get().of(operator).evaluate(operator, operands).get(0);
    }

    /** Given operands in the surroundings of a node. */
    record Operands(List<HostValue> values, EvaluationContext outer) implements EvaluationContext {

        @Override
        public int inputCount() {
            return values.size();
        }

        @Override
        public boolean hasInput(int index) {
            return index < values.size() && values.get(index) != null;
        }

        @Override
        public HostValue value(int index) {
            return values.get(index);
        }

        @Override
        public int outputCount() {
            return 1;
        }

        @Override
        public List<HostValue> run(Graph body, List<HostValue> inputs) {
            return outer.run(body, inputs);
        }

        @Override
        public FiresteelException error(String message) {
            return outer.error(message);
        }
    }
}
