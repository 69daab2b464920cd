package io.firesteel.op;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A straight-line program of pointwise operators: a fused chain, or the epilogue of a convolution or matrix product.
 *
 * <p>Operand {@code k} of an instruction is program input {@code k} when {@code k < inputs}, else the result of instruction
 * {@code k - inputs}. The last instruction's result is the program's; a program without instructions returns input 0.
 *
 * @param inputs the number of program inputs; an epilogue's input 0 is the result of the operator it follows
 * @param instructions the instructions in order
 */
public record PointwiseProgram(int inputs, List<Instruction> instructions) {

    /** The empty epilogue. */
    public static final PointwiseProgram IDENTITY = new PointwiseProgram(1, List.of());

    /**
     * One operator with its operands.
     *
     * @param operator what is computed
     * @param operands indices as described above
     */
    public record Instruction(PointwiseOperator operator, List<Integer> operands) {
        public Instruction {
            operands = List.copyOf(operands);
        }
    }

    public PointwiseProgram {
        instructions = List.copyOf(instructions);
        for (int i = 0; i < instructions.size(); i++) {
            Instruction instruction = instructions.get(i);
            if (instruction.operands().size() != instruction.operator().arity()) {
                throw new IllegalArgumentException(instruction.operator().name() + " takes " + instruction.operator().arity()
                        + " operands, has " + instruction.operands().size());
            }
            for (int operand : instruction.operands()) {
                if (operand < 0 || operand >= inputs + i) {
                    throw new IllegalArgumentException("operand " + operand + " of instruction " + i + " is not computed before it");
                }
            }
        }
    }

    /** The program of one operator, whose operands are the program's inputs. */
    public static PointwiseProgram of(PointwiseOperator operator) {
        List<Integer> operands = IntStream.range(0, operator.arity()).boxed().toList();
        return new PointwiseProgram(operator.arity(), List.of(new Instruction(operator, operands)));
    }

    /** Whether there is nothing to compute. */
    public boolean isIdentity() {
        return instructions.isEmpty();
    }
}
