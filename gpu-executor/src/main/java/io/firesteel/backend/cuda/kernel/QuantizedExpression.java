package io.firesteel.backend.cuda.kernel;

import io.firesteel.op.PointwiseProgram;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A pointwise program on the real numbers that quantized operands stand for, its result perhaps quantized. After the program's operands
 * come scale and zero point of each quantized one, then those of the result.
 *
 * @param program what is computed, in fp32
 * @param operands element types of its operands, as the model has them
 * @param quantized which of them are quantized
 * @param zeroPoint element type of zero points
 * @param precision element type the quotient is rounded to before it becomes an integer
 * @param result the quantized type of the result, or a floating-point one
 */
record QuantizedExpression(PointwiseProgram program, List<DataType> operands, List<Boolean> quantized, DataType zeroPoint,
        DataType precision, DataType result) implements ElementFunction {

    @Override
    public List<DataType> inputs() {
        List<DataType> types = new ArrayList<>(operands);
        long pairs = quantized.stream().filter(q -> q).count() + (isQuantized() ? 1 : 0);
        for (long i = 0; i < pairs; i++) {
            types.add(DataType.FLOAT32);
            types.add(zeroPoint);
        }
        return types;
    }

    private boolean isQuantized() {
        return !result.isFloatingPoint();
    }

    /** Why it cannot be computed; empty where it can. */
    String refusal() {
        return new PointwiseExpression(program, Collections.nCopies(operands.size(), DataType.FLOAT32)).refusal();
    }

    @Override
    public String emit(SourceText text, List<String> names, String prefix) {
        List<String> reals = new ArrayList<>();
        int next = operands.size();
        for (int i = 0; i < operands.size(); i++) {
            String real = prefix + "real" + i;
            if (quantized.get(i)) {
                // Whole numbers beyond 2^24 are rounded once, with the product.
                String wide = operands.get(i).bytes() == 4 ? "double" : "float";
                text.line("const float %s = (float) (((%s) %s - (%s) %s) * %s);", real, wide, names.get(i), wide, names.get(next + 1),
                        names.get(next));
                next += 2;
            } else {
                text.line("const float %s = (float) %s;", real, names.get(i));
            }
            reals.add(real);
        }
        String value = new PointwiseExpression(program, Collections.nCopies(reals.size(), DataType.FLOAT32)).emit(text, reals, prefix);
        return isQuantized() ? round(text, value + " / " + names.get(next), names.get(next + 1), precision, result, prefix) : value;
    }

    /**
     * Declares a real number quantized.
     *
     * @param quotient an expression in units of the scale
     * @param zero a variable or literal
     * @return the variable
     */
    static String round(SourceText text, String quotient, String zero, DataType precision, DataType result, String prefix) {
        text.line("const float %squotient = %s;", prefix, precision == DataType.FLOAT32 ? quotient
                : "get(put<" + CudaTypes.storage(precision) + ">(" + quotient + "))");
        String wide = result.bytes() == 4 ? "double" : "float";
        text.line("const %s %swhole = rintf(%squotient) + (%s) %s;", wide, prefix, prefix, wide, zero);
        text.line("const %s %squantized = (%s) fmin(fmax(%swhole, (%s) %s), (%s) %s);", CudaTypes.math(result), prefix,
                CudaTypes.math(result), prefix, wide, CudaTypes.lowest(result), wide, CudaTypes.highest(result));
        return prefix + "quantized";
    }
}
