package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.cuda.KernelText;
import io.firesteel.backend.cuda.driver.KernelArguments;
import io.firesteel.op.Activations;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.PointwiseProgram.Instruction;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Device code for what follows integer sums; see {@link QuantizedNumbers}.
 *
 * @param function the epilogue: statements that change {@code v}; {@code r} is the residual, {@code p0} to {@code p3} are parameters
 * @param parameters what the function names
 * @param scaled whether the function's result has a factor other than 1
 * @param bounded whether the function's result never leaves the range of the result's type
 */
record IntegerEpilogue(String function, List<Float> parameters, boolean scaled, boolean bounded) {

    /** Types, conversions and the epilogue; needs {@link #defines} and, for a residual, {@code SIGNED_R}. */
    static final String SOURCE = KernelText.of(IntegerEpilogue.class, "integer_epilogue.cu");

    /** Numbers that the function may name. */
    private static final int MOST_PARAMETERS = 4;
    /** Sums up to here are exact where they begin with the bits of 1.5 * 2^23. */
    private static final long EXACT = 1 << 22;

    /** Empty where the epilogue is more than a residual and simple activations. */
    static Optional<IntegerEpilogue> of(QuantizedNumbers numbers) {
        List<Float> parameters = new ArrayList<>();
        PointwiseProgram given = numbers.program();
        PointwiseProgram program = bounded(numbers, given);
        return TileConvolution.function(numbers.layer(), program, EpilogueOperator.EPILOGUE_INPUT, value -> {
            parameters.add((float) value);
            return "p" + (parameters.size() - 1);
        }).filter(f -> parameters.size() <= MOST_PARAMETERS)
                .map(f -> new IntegerEpilogue(f, parameters, numbers.resultFactor() != 1, program != given));
    }

    /** The program whose last bounds are also those of the result's type; the same where it does not end in bounds. */
    private static PointwiseProgram bounded(QuantizedNumbers numbers, PointwiseProgram program) {
        Optional<QuantizationParameters> result = numbers.op().output();
        int last = program.instructions().size() - 1;
        if (result.isEmpty() || numbers.resultFactor() != 1 || last < 0) {
            return program;
        }
        Instruction end = program.instructions().get(last);
        double lower = lowest(result.get().dataType()) - result.get().zeroPoint(0);
        double upper = highest(result.get().dataType()) - result.get().zeroPoint(0);
        if (end.operator() instanceof Activations.Relu) {
            lower = Math.max(lower, 0);
        } else if (end.operator() instanceof Activations.ClipTo clip) {
            lower = Math.max(lower, clip.lower());
            upper = Math.min(upper, clip.upper());
        } else {
            return program;
        }
        if (lower > upper) {
            return program;
        }
        List<Instruction> instructions = new ArrayList<>(program.instructions());
        instructions.set(last, new Instruction(new Activations.ClipTo(lower, upper), end.operands()));
        return new PointwiseProgram(program.inputs(), instructions);
    }

    private static int lowest(DataType type) {
        return type == DataType.INT8 ? Byte.MIN_VALUE : 0;
    }

    private static int highest(DataType type) {
        return type == DataType.INT8 ? Byte.MAX_VALUE : 2 * Byte.MAX_VALUE + 1;
    }

    /**
     * What the code needs to know.
     *
     * @param largest magnitude of a sum
     * @param result element type of the result
     */
    String defines(long largest, DataType result) {
        return InputPacking.define("EXACT", largest < EXACT ? 1 : 0) + InputPacking.define("SCALED", scaled ? 1 : 0)
                + InputPacking.define("BOUNDED", bounded ? 1 : 0) + InputPacking.define("LOWEST", lowest(result) + ".0f")
                + InputPacking.define("HIGHEST", highest(result) + ".0f") + InputPacking.define("FUNCTION", function);
    }

    /** Adds the parameters that the device code declares. */
    void pass(KernelArguments arguments) {
        for (int i = 0; i < MOST_PARAMETERS; i++) {
            arguments.float32(i < parameters.size() ? parameters.get(i) : 0);
        }
    }
}
