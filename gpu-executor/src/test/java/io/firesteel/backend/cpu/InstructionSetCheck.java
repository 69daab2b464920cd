package io.firesteel.backend.cpu;

import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Convolution;
import io.firesteel.op.ConvolutionTranspose;
import io.firesteel.op.MatMul;
import io.firesteel.op.Operator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * Products of bytes as large as they come, which saturate in 16 bits: layers of a process whose instruction set is capped, compared
 * with the reference evaluator, integer by integer. Prints one line for each: its name and how it was computed.
 */
final class InstructionSetCheck {

    private static final PointwiseProgram RELU = new PointwiseProgram(1, List.of(
            new PointwiseProgram.Instruction(new Activations.Relu(), List.of(0))));
    private static final PointwiseProgram RESIDUAL = new PointwiseProgram(2, List.of(
            new PointwiseProgram.Instruction(new Arithmetic.Add(), List.of(0, 1)),
            new PointwiseProgram.Instruction(new Activations.Relu(), List.of(2))));

    private InstructionSetCheck() { }

    public static void main(String[] arguments) {
        for (boolean signed : new boolean[] {false, true}) {
            layers(signed).forEach((name, layer) -> {
                Optional<String> refusal = layer.refused();
                System.out.println((signed ? "signed " : "non-negative ") + name + ": "
                        + refusal.orElseGet(() -> String.join(" ", layer.check())));
            });
        }
    }

    private static Map<String, LayerCheck> layers(boolean signed) {
        Map<String, LayerCheck> all = new LinkedHashMap<>();
        all.put("3x3", data(quantized(convolution(1, 1, 1, RELU), 0), signed, 2, 64, 7, 9).constant(weights(1, 32, 64, 3, 3)));
        all.put("stem", data(quantized(convolution(2, 3, 1, RELU), 0), signed, 2, 3, 17, 17).constant(weights(2, 32, 3, 7, 7)));
        all.put("1x1 with residual", data(quantized(convolution(1, 0, 1, RESIDUAL), 0, Optional.empty(), parameters(DataType.INT8, 8)), signed,
                2, 40, 5, 5).constant(weights(3, 24, 40, 1, 1)).absent().variable(bytes(9, true, 2, 24, 5, 5)));
        all.put("depthwise", data(quantized(convolution(1, 1, 48, RELU), 0), signed, 2, 48, 9, 9).constant(weights(4, 48, 1, 3, 3)));
        all.put("depthwise, stride 2", data(quantized(convolution(2, 1, 20, RELU), 0), signed, 2, 20, 9, 9).constant(weights(5, 20, 1, 3, 3)));
        all.put("groups", data(quantized(convolution(1, 1, 4, RELU), 0), signed, 2, 64, 6, 6).constant(weights(6, 32, 16, 3, 3)));
        all.put("transposed", data(quantized(new ConvolutionTranspose(List.of(2L, 2L), List.of(1L, 1L), List.of(1L, 1L), List.of(1L, 1L),
                List.of(1L, 1L), 1, RELU), 1), signed, 2, 32, 5, 5).constant(weights(7, 32, 16, 3, 3)));
        all.put("matrix product", data(quantized(new MatMul(false, false, PointwiseProgram.IDENTITY), 1), signed, 5, 96)
                .constant(weights(8, 96, 24)));
        return all;
    }

    private static Convolution convolution(long stride, long pad, long groups, PointwiseProgram epilogue) {
        return new Convolution(List.of(stride, stride), List.of(1L, 1L), List.of(pad, pad), List.of(pad, pad), groups, epilogue);
    }

    @SafeVarargs
    private static Quantized quantized(Operator layer, long axis, Optional<QuantizationParameters>... further) {
        List<Optional<QuantizationParameters>> inputs = new ArrayList<>(List.of(parameters(DataType.INT8, 0.25f),
                Optional.of(new QuantizationParameters(DataType.INT8, axis, List.of(0.5f), List.of()))));
        inputs.addAll(List.of(further));
        return new Quantized(layer, inputs, parameters(DataType.INT8, 1024));
    }

    private static Optional<QuantizationParameters> parameters(DataType type, float scale) {
        return Optional.of(new QuantizationParameters(type, 0, List.of(scale), List.of()));
    }

    private static LayerCheck data(Quantized layer, boolean signed, long... sizes) {
        Tensor data = bytes(1, signed, sizes);
        return signed ? LayerCheck.of(layer).variable(data) : LayerCheck.of(layer).nonNegative(data);
    }

    private static Tensor weights(int seed, long... sizes) {
        return bytes(seed, true, sizes);
    }

    /** Half of them as large as they can be. */
    private static Tensor bytes(int seed, boolean signed, long... sizes) {
        Random random = new Random(seed);
        Tensor tensor = Tensor.zeros(DataType.INT8, sizes);
        for (long i = 0; i < tensor.elements(); i++) {
            int magnitude = random.nextBoolean() ? 127 : random.nextInt(128);
            tensor.setLong(i, signed && random.nextInt(4) == 0 ? -magnitude : magnitude);
        }
        return tensor;
    }
}
