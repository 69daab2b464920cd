package io.firesteel.reference;

import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Evaluates quantized layers as what they mean: on real numbers, quantized afterwards. */
public final class QuantizedEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Quantized.class, QuantizedEvaluators::evaluate);
    }

    private static List<HostValue> evaluate(Quantized op, EvaluationContext in) {
        List<HostValue> inputs = new ArrayList<>();
        for (int i = 0; i < in.inputCount(); i++) {
            Optional<QuantizationParameters> parameters = i < op.inputs().size() ? op.inputs().get(i) : Optional.empty();
            inputs.add(!in.hasInput(i) ? null : parameters.isPresent() ? dequantize(in.tensor(i), parameters.get(), in) : in.value(i));
        }
        HostValue result = PointwisePrograms.evaluate(op.layer(), new PointwisePrograms.Operands(inputs, in));
        return List.of(op.output().isPresent() ? quantize((Tensor) result, op.output().get(), in) : result);
    }

    private static Tensor dequantize(Tensor x, QuantizationParameters parameters, EvaluationContext in) {
        long inner = inner(x, parameters, in);
        Tensor y = Tensor.zeros(DataType.FLOAT32, x.sizes());
        for (long i = 0; i < x.elements(); i++) {
            int index = (int) (i / inner % parameters.scales().size());
            y.setDouble(i, (double) (x.getLong(i) - parameters.zeroPoint(index)) * parameters.scales().get(index));
        }
        return y;
    }

    private static Tensor quantize(Tensor x, QuantizationParameters parameters, EvaluationContext in) {
        long inner = inner(x, parameters, in);
        Tensor y = Tensor.zeros(parameters.dataType(), x.sizes());
        for (long i = 0; i < x.elements(); i++) {
            int index = (int) (i / inner % parameters.scales().size());
            float quotient = (float) (x.getDouble(i) / parameters.scales().get(index));
            y.setLong(i, QuantizationEvaluators.saturate(quotient, parameters.zeroPoint(index), parameters.dataType()));
        }
        return y;
    }

    /** Elements from one scale to the next. */
    private static long inner(Tensor x, QuantizationParameters parameters, EvaluationContext in) {
        if (parameters.isPerTensor()) {
            return 1;
        }
        if (parameters.axis() >= x.rank() || x.size((int) parameters.axis()) != parameters.scales().size()) {
            throw in.error(parameters.scales().size() + " scales along axis " + parameters.axis() + " do not fit " + x.type());
        }
        long inner = 1;
        for (int i = (int) parameters.axis() + 1; i < x.rank(); i++) {
            inner *= x.size(i);
        }
        return Math.max(1, inner);
    }
}
