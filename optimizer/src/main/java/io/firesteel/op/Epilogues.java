package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Type inference of pointwise programs. */
public final class Epilogues {

    private Epilogues() { }

    /**
     * The type of an operator's result after its epilogue.
     *
     * @param result the type before the epilogue
     * @param firstInput index of the node input that is the epilogue's input 1
     */
    public static TensorType infer(PointwiseProgram epilogue, TensorType result, int firstInput, InferenceContext context) {
        List<ValueType> inputs = new ArrayList<>();
        inputs.add(result);
        for (int i = 1; i < epilogue.inputs(); i++) {
            inputs.add(context.inputType(firstInput + i - 1));
        }
        return infer(epilogue, inputs, context);
    }

    /** The type of a program's result for inputs of the given types. */
    public static TensorType infer(PointwiseProgram program, List<ValueType> inputs, InferenceContext context) {
        if (inputs.size() != program.inputs()) {
            throw context.error("the pointwise program takes " + program.inputs() + " inputs, there are " + inputs.size());
        }
        List<ValueType> values = new ArrayList<>(inputs);
        for (PointwiseProgram.Instruction instruction : program.instructions()) {
            List<ValueType> operands = instruction.operands().stream().map(values::get).toList();
            values.add(instruction.operator().inferTypes(new Operands(operands, context)).get(0));
        }
        ValueType type = program.instructions().isEmpty() ? values.get(0) : values.get(values.size() - 1);
        if (type instanceof TensorType tensor) {
            return tensor;
        }
        throw context.error("the pointwise program's result must be a tensor");
    }

    /** Operands of given types, constant values unknown, in the surroundings of a node. */
    record Operands(List<ValueType> types, InferenceContext outer) implements NestedContext {

        @Override
        public int inputCount() {
            return types.size();
        }

        @Override
        public boolean hasInput(int index) {
            return index < types.size();
        }

        @Override
        public ValueType inputType(int index) {
            return types.get(index);
        }

        @Override
        public Optional<Tensor> constant(int index) {
            return Optional.empty();
        }

        @Override
        public Optional<List<Dim>> shapeValue(int index) {
            return Optional.empty();
        }
    }
}
