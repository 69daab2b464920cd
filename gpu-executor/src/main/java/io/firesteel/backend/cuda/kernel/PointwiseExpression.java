package io.firesteel.backend.cuda.kernel;

import io.firesteel.op.BinaryOperator;
import io.firesteel.op.Conversions;
import io.firesteel.op.Logic;
import io.firesteel.op.Mathematics;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.Selection;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;

/**
 * A pointwise program as the body of a device function.
 *
 * @param program the operators
 * @param inputs element types of the program's inputs, as the model has them
 */
record PointwiseExpression(PointwiseProgram program, List<DataType> inputs) implements ElementFunction {

    PointwiseExpression {
        inputs = List.copyOf(inputs);
    }

    /** The program of one operator. */
    static PointwiseExpression of(PointwiseOperator operator, List<DataType> inputs) {
        return new PointwiseExpression(PointwiseProgram.of(operator), inputs);
    }

    /** Why it cannot be computed; empty where it can. */
    String refusal() {
        List<DataType> types = new ArrayList<>(inputs);
        for (PointwiseProgram.Instruction instruction : program.instructions()) {
            DataType operand = types.get(instruction.operands().get(instruction.operands().size() - 1));
            if (!PointwiseFunctions.supports(instruction.operator(), operand)) {
                return instruction.operator().name() + " is not generated for " + operand;
            }
            types.add(result(instruction, types));
        }
        return "";
    }

    private static DataType result(PointwiseProgram.Instruction instruction, List<DataType> types) {
        PointwiseOperator operator = instruction.operator();
        DataType first = types.get(instruction.operands().get(0));
        if (operator instanceof Conversions.Cast cast) {
            return cast.to();
        }
        if (operator instanceof Selection.Where) {
            return types.get(instruction.operands().get(1));
        }
        if (operator instanceof Mathematics.IsNaN || operator instanceof Mathematics.IsInf || operator instanceof Logic.Not) {
            return DataType.BOOL;
        }
        return operator instanceof BinaryOperator binary ? binary.resultType(first) : first;
    }

    @Override
    public String emit(SourceText text, List<String> operands, String prefix) {
        List<DataType> types = new ArrayList<>(inputs);
        List<String> names = new ArrayList<>(operands);
        for (PointwiseProgram.Instruction instruction : program.instructions()) {
            List<String> arguments = instruction.operands().stream().map(names::get).toList();
            DataType type = result(instruction, types);
            DataType operand = types.get(instruction.operands().get(instruction.operands().size() - 1));
            String name = prefix + names.size();
            text.line("const " + CudaTypes.math(type) + " " + name + " = "
                    + PointwiseFunctions.expression(instruction.operator(), arguments, operand) + ";");
            names.add(name);
            types.add(type);
        }
        return program.isIdentity() ? names.get(0) : names.get(names.size() - 1);
    }

    /** The element type of the result, as the model has it. */
    DataType resultType() {
        List<DataType> types = new ArrayList<>(inputs);
        program.instructions().forEach(i -> types.add(result(i, types)));
        return types.get(program.isIdentity() ? 0 : types.size() - 1);
    }
}
