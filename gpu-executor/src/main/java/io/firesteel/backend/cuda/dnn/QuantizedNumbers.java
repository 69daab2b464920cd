package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Layer;
import io.firesteel.op.Activations;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.MatMul;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.PointwiseProgram.Instruction;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What turns the integer sums of a quantized product into its result: {@code r = f(sum * scale + bias, operands * factor) * factor},
 * rounded. Where the epilogue is made of sums and bounds alone, all numbers are in units of the result's scale and the last factor is 1.
 *
 * @param layer a layer of {@link Quantized}
 * @param op its operator, whose layer is a convolution or matrix product with per-tensor data, symmetric weights and constant bias
 */
record QuantizedNumbers(Layer layer, Quantized op) {

    /** Stands for the scales where operands are listed by node input. */
    static final int SCALES = -1;

    EpilogueOperator product() {
        return (EpilogueOperator) op.layer();
    }

    Optional<QuantizationParameters> parameters(int input) {
        return input < op.inputs().size() ? op.inputs().get(input) : Optional.empty();
    }

    boolean isQuantized(int input) {
        return parameters(input).isPresent();
    }

    /** Whether the epilogue commutes with a positive factor. */
    private boolean isHomogeneous() {
        PointwiseProgram program = product().epilogue();
        for (int i = 1; i < program.inputs(); i++) {
            if (layer.constant(EpilogueOperator.EPILOGUE_INPUT + i - 1).isPresent()) {
                return false;
            }
        }
        return program.instructions().stream().map(Instruction::operator).allMatch(o -> o.name().equals("Add")
                || o instanceof Activations.Relu || o instanceof Activations.ClipTo || o instanceof Activations.LeakyRelu);
    }

    private double unit() {
        return isHomogeneous() ? resultScale() : 1;
    }

    private double resultScale() {
        return op.output().map(o -> (double) o.scales().get(0)).orElse(1.0);
    }

    /** The epilogue in the unit of {@link #scales}. */
    PointwiseProgram program() {
        PointwiseProgram program = product().epilogue();
        if (unit() == 1) {
            return program;
        }
        List<Instruction> instructions = new ArrayList<>();
        for (Instruction instruction : program.instructions()) {
            PointwiseOperator operator = instruction.operator() instanceof Activations.ClipTo clip
                    ? new Activations.ClipTo(clip.lower() / unit(), clip.upper() / unit()) : instruction.operator();
            instructions.add(new Instruction(operator, instruction.operands()));
        }
        return new PointwiseProgram(program.inputs(), instructions);
    }

    /** What an operand of the epilogue is multiplied with. */
    float factor(int input) {
        return (float) (parameters(input).map(p -> (double) p.scales().get(0)).orElse(1.0) / unit());
    }

    /** What the epilogue's result is multiplied with. */
    float resultFactor() {
        return (float) (unit() / resultScale());
    }

    /** One number for each of {@code count} output channels, those beyond the layer's zero, by which sums are multiplied. */
    float[] scales(int count) {
        QuantizationParameters weights = parameters(1).orElseThrow();
        float[] values = new float[count];
        for (int i = 0; i < channels(); i++) {
            values[i] = (float) ((double) parameters(0).orElseThrow().scales().get(0)
                    * weights.scales().get(weights.isPerTensor() ? 0 : i) / unit());
        }
        return values;
    }

    /**
     * One number for each of {@code count} output channels, those beyond the layer's zero, added next. The data's zero point is
     * taken away here, which holds where no window reaches over the border.
     */
    float[] biases(int count) {
        float[] values = new float[count];
        float[] scales = scales(count);
        long zeroPoint = parameters(0).orElseThrow().zeroPoint(0);
        Optional<Tensor> bias = layer.constant(EpilogueOperator.BIAS_INPUT);
        for (int i = 0; i < channels(); i++) {
            double real = bias.isEmpty() ? 0 : real(bias.get(), i);
            values[i] = (float) (real / unit() - (zeroPoint == 0 ? 0 : (double) scales[i] * zeroPoint * sumOfWeights(i)));
        }
        return values;
    }

    private double real(Tensor bias, int channel) {
        Optional<QuantizationParameters> quantized = parameters(EpilogueOperator.BIAS_INPUT);
        if (quantized.isEmpty()) {
            return bias.getDouble(channel);
        }
        int index = quantized.get().isPerTensor() ? 0 : channel;
        return (bias.getLong(channel) - quantized.get().zeroPoint(index)) * (double) quantized.get().scales().get(index);
    }

    private long sumOfWeights(int channel) {
        Tensor weights = layer.constant(1).orElseThrow();
        boolean columns = product() instanceof MatMul matmul && !matmul.transposeB();
        long inner = weights.elements() / channels();
        long sum = 0;
        for (long k = 0; k < inner; k++) {
            sum += weights.getLong(columns ? k * channels() + channel : channel * inner + k);
        }
        return sum;
    }

    /** Output channels. */
    int channels() {
        long[] sizes = layer.outputSizes(0);
        return Math.toIntExact(sizes[product().channelAxis(sizes.length)]);
    }

    /** Where {@link #scales} or {@link #biases} lie. */
    long address(int input, int count, Constants constants) {
        return constants.linear(Tensor.floats(new long[] {count}, input == SCALES ? scales(count) : biases(count)));
    }
}
