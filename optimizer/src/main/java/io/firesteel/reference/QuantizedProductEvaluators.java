package io.firesteel.reference;

import io.firesteel.op.Arithmetic;
import io.firesteel.op.Convolution;
import io.firesteel.op.MatMul;
import io.firesteel.op.Operator;
import io.firesteel.op.Quantization;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Evaluators of matrix products and convolutions in {@link Quantization}. The products are taken in double, in which sums of
 * 8-bit products are exact.
 */
public final class QuantizedProductEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Quantization.MatMulInteger.class, (op, in) -> List.of(ConversionEvaluators.cast(
                product(in, centred(in, 0, 2, rows(in, 2, 0)), centred(in, 1, 3, columns(in, 3))), DataType.INT32)));
        registry.add(Quantization.QLinearMatMul.class, QuantizedProductEvaluators::quantizedProduct);
        registry.add(Quantization.ConvInteger.class, (op, in) -> List.of(ConversionEvaluators.cast(
                convolution(op.convolution(), in, centred(in, 0, 2, new long[0]), centred(in, 1, 3, channels(in, 3, 1))), DataType.INT32)));
        registry.add(Quantization.QLinearConv.class, QuantizedProductEvaluators::quantizedConvolution);
    }

    private static Tensor apply(Operator operator, EvaluationContext in, Tensor... operands) {
        return (Tensor) PointwisePrograms.evaluate(operator, new PointwisePrograms.Operands(Arrays.asList(operands), in));
    }

    private static Tensor product(EvaluationContext in, Tensor a, Tensor b) {
        return apply(new MatMul(), in, a, b);
    }

    private static Tensor convolution(Convolution operator, EvaluationContext in, Tensor x, Tensor w) {
        return apply(operator, in, x, w);
    }

    /** Input {@code index} less its zero point, in double. */
    private static Tensor centred(EvaluationContext in, int index, int zeroPoint, long[] zeroPointSizes) {
        Tensor x = ConversionEvaluators.cast(in.tensor(index), DataType.FLOAT64);
        if (!in.hasInput(zeroPoint)) {
            return x;
        }
        Tensor zero = ConversionEvaluators.cast(in.tensor(zeroPoint), DataType.FLOAT64).reshaped(zeroPointSizes);
        Tensor centred = apply(new Arithmetic.Sub(), in, x, zero);
        if (!Arrays.equals(centred.sizes(), x.sizes())) {
            throw in.error("zero point " + in.tensor(zeroPoint).type() + " does not fit " + in.tensor(index).type());
        }
        return centred;
    }

    /** The sizes by which a parameter of the left operand broadcasts over rows. */
    private static long[] rows(EvaluationContext in, int parameter, int operand) {
        if (!in.hasInput(parameter)) {
            return new long[0];
        }
        Tensor given = in.tensor(parameter);
        return given.elements() == 1 ? new long[0] : given.rank() == 1 && in.tensor(operand).rank() > 1 ? new long[] {given.elements(), 1}
                : given.sizes();
    }

    private static long[] columns(EvaluationContext in, int parameter) {
        return !in.hasInput(parameter) || in.tensor(parameter).elements() == 1 ? new long[0] : in.tensor(parameter).sizes();
    }

    /** The sizes by which a parameter broadcasts over axis 0 of the weights, or, without the batch, of the result. */
    private static long[] channels(EvaluationContext in, int parameter, int weights) {
        if (!in.hasInput(parameter) || in.tensor(parameter).elements() == 1) {
            return new long[0];
        }
        long[] sizes = new long[in.tensor(weights).rank()];
        Arrays.fill(sizes, 1);
        sizes[0] = in.tensor(parameter).elements();
        return sizes;
    }

    private static Tensor scale(EvaluationContext in, int index, long[] sizes) {
        return ConversionEvaluators.cast(in.tensor(index), DataType.FLOAT32).reshaped(sizes);
    }

    private static List<HostValue> quantizedProduct(Quantization.QLinearMatMul op, EvaluationContext in) {
        Tensor sum = product(in, centred(in, 0, 2, rows(in, 2, 0)), centred(in, 3, 5, columns(in, 5)));
        Tensor scales = apply(new Arithmetic.Mul(), in, scale(in, 1, rows(in, 1, 0)), scale(in, 4, columns(in, 4)));
        Tensor factors = apply(new Arithmetic.Div(), in, scales, scale(in, 6, rows(in, 6, 0)));
        return List.of(requantized(in, sum, factors));
    }

    private static List<HostValue> quantizedConvolution(Quantization.QLinearConv op, EvaluationContext in) {
        Tensor sum = convolution(op.convolution(), in, centred(in, 0, 2, new long[0]), centred(in, 3, 5, channels(in, 5, 3)));
        if (in.hasInput(8)) {
            sum = apply(new Arithmetic.Add(), in, sum, ConversionEvaluators.cast(in.tensor(8), DataType.FLOAT64)
                    .reshaped(withoutBatch(in.tensor(8).elements(), sum.rank())));
        }
        long scales = in.tensor(4).elements();
        Tensor products = apply(new Arithmetic.Mul(), in, scale(in, 1, new long[0]), scale(in, 4, withoutBatch(scales, sum.rank())));
        Tensor factors = apply(new Arithmetic.Div(), in, products, scale(in, 6, new long[0]));
        return List.of(requantized(in, sum, factors));
    }

    private static long[] withoutBatch(long channels, int rank) {
        long[] sizes = new long[rank - 1];
        Arrays.fill(sizes, 1);
        sizes[0] = channels;
        return sizes;
    }

    /** The sums times their factors, rounded and moved by the zero point in input 7. */
    private static Tensor requantized(EvaluationContext in, Tensor sum, Tensor factors) {
        Tensor zeroPoint = in.tensor(7);
        if (zeroPoint.elements() != 1) {
            throw in.error("the result's zero point must be one number, is " + zeroPoint.type());
        }
        Tensor scaled = apply(new Arithmetic.Mul(), in, ConversionEvaluators.cast(sum, DataType.FLOAT32), factors);
        Tensor y = Tensor.zeros(zeroPoint.dataType(), sum.sizes());
        for (long i = 0; i < y.elements(); i++) {
            y.setLong(i, QuantizationEvaluators.saturate(scaled.getDouble(i), zeroPoint.getLong(0), y.dataType()));
        }
        return y;
    }
}
