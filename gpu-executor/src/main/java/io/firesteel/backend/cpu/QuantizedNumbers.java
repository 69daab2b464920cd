package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Layer;
import io.firesteel.backend.cpu.onednn.Rescaling;
import io.firesteel.memory.NativeMemory;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Scales, zero points and bias of a quantized product as oneDNN takes them: the scales of data and weights multiplied into one
 * for each output channel, the bias in real numbers.
 *
 * @param op the layer
 * @param inResultUnits whether the result's scale is divided out of the scales and the bias
 * @param mask the axis of the weights, as oneDNN sees them, along which scales vary, as a bit or two
 */
record QuantizedNumbers(Quantized op, int mask, boolean inResultUnits) {

    /** What the numbers of products without constant weights are kept with. */
    private static final Tensor NO_WEIGHTS = Tensor.scalar(DataType.FLOAT32, 0);

    /** Whether the result's scale can be part of the weights': one scale, nothing else between them that scales do not pass. */
    static Optional<Epilogue> folded(Quantized op, Epilogue epilogue) {
        return op.output().filter(QuantizationParameters::isSymmetric).flatMap(epilogue::inUnitsOf);
    }

    private Optional<QuantizationParameters> result() {
        return inResultUnits ? Optional.empty() : op.output();
    }

    private float unit() {
        return inResultUnits ? op.output().orElseThrow().scales().get(0) : 1;
    }

    private QuantizationParameters data() {
        return op.inputs().get(0).orElseThrow();
    }

    private QuantizationParameters weights() {
        return op.inputs().get(1).orElseThrow();
    }

    /** What the primitive is made with. */
    List<Rescaling> rescalings() {
        List<Rescaling> all = new ArrayList<>();
        all.add(new Rescaling(Rescaling.Kind.SCALE, Rescaling.Operand.WEIGHTS, weights().isPerTensor() ? 0 : mask,
                weights().scales().size()));
        if (!data().isSymmetric()) {
            all.add(new Rescaling(Rescaling.Kind.ZERO_POINT, Rescaling.Operand.SOURCE, 0, 1));
        }
        result().ifPresent(output -> {
            all.add(new Rescaling(Rescaling.Kind.SCALE, Rescaling.Operand.DESTINATION, 0, 1));
            if (!output.isSymmetric()) {
                all.add(new Rescaling(Rescaling.Kind.ZERO_POINT, Rescaling.Operand.DESTINATION, 0, 1));
            }
        });
        return all;
    }

    /** Where the numbers of {@link #rescalings()} lie, in order. */
    List<Long> addresses(Layer layer, Constants constants) {
        Tensor anchor = layer.constant(1).orElse(NO_WEIGHTS);
        List<Long> all = new ArrayList<>();
        float[] scales = new float[weights().scales().size()];
        for (int i = 0; i < scales.length; i++) {
            scales[i] = (float) ((double) data().scales().get(0) * weights().scales().get(i) / unit());
        }
        all.add(floats(anchor, "weights", scales, constants));
        if (!data().isSymmetric()) {
            all.add(zeroPoint(anchor, "source", data(), constants));
        }
        result().ifPresent(output -> {
            all.add(floats(anchor, "destination", new float[] {output.scales().get(0)}, constants));
            if (!output.isSymmetric()) {
                all.add(zeroPoint(anchor, "destination zero point", output, constants));
            }
        });
        return all;
    }

    /** Where the bias lies, where there is one. */
    Optional<Long> bias(Layer layer, Constants constants) {
        Optional<Tensor> bias = layer.constant(EpilogueOperator.BIAS_INPUT);
        Optional<QuantizationParameters> parameters = op.inputs().size() > EpilogueOperator.BIAS_INPUT
                ? op.inputs().get(EpilogueOperator.BIAS_INPUT) : Optional.empty();
        if (bias.isEmpty() || parameters.isEmpty() && !inResultUnits) {
            return bias.map(constants::linear);
        }
        float[] real = new float[(int) bias.get().elements()];
        for (int i = 0; i < real.length; i++) {
            int index = parameters.isEmpty() || parameters.get().isPerTensor() ? 0 : i;
            double value = parameters.isEmpty() ? bias.get().getDouble(i)
                    : (double) (bias.get().getLong(i) - parameters.get().zeroPoint(index)) * parameters.get().scales().get(index);
            real[i] = (float) (value / unit());
        }
        return Optional.of(floats(bias.get(), "bias", real, constants));
    }

    /** Names numbers made of a layer's parameters, among the forms of its weights. */
    private record Form(Quantized op, boolean inResultUnits, String what) { }

    private long floats(Tensor anchor, String what, float[] values, Constants constants) {
        return constants.prepared(anchor, new Form(op, inResultUnits, what), (long) Float.BYTES * values.length, (source, target) ->
                NativeMemory.view(target, Float.BYTES * values.length).asFloatBuffer().put(values));
    }

    private long zeroPoint(Tensor anchor, String what, QuantizationParameters parameters, Constants constants) {
        return constants.prepared(anchor, new Form(op, inResultUnits, what), Integer.BYTES, (source, target) ->
                NativeMemory.view(target, Integer.BYTES).putInt((int) parameters.zeroPoint(0)));
    }
}
