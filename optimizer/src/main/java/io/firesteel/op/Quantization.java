package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.List;

/**
 * Affine quantization, with ONNX names: {@code real = (quantized - zeroPoint) * scale}. Scales and zero points are one number
 * for the tensor, a vector with one for each element of an axis, or, with a block size, a tensor of the data's rank with one
 * for each block along the axis.
 */
public final class Quantization {

    private Quantization() { }

    /**
     * Quantizes: the quotient of data and scale rounds to nearest even, the sum with the zero point saturates. Inputs: 0
     * data; 1 scale; 2 zero point, of the result's type, or absent.
     *
     * @param dataType the result's element type
     * @param axis the axis of a vector or of blocks; negative counts from the end
     * @param blockSize elements in a block, 0 for none
     * @param precision the element type the quotient is rounded to first
     */
    public record QuantizeLinear(DataType dataType, long axis, long blockSize, DataType precision) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            requireScale(context, axis, blockSize);
            if (context.hasInput(2) && context.tensor(2).dataType() != dataType) {
                throw context.error("the zero point must be " + dataType + ", is " + context.tensor(2));
            }
            return List.of(context.tensor(0).withDataType(dataType));
        }
    }

    /**
     * The real numbers that quantized ones stand for. Inputs: 0 data; 1 scale; 2 zero point, of the data's type, or absent.
     *
     * @param dataType the result's element type
     * @param axis the axis of a vector or of blocks; negative counts from the end
     * @param blockSize elements in a block, 0 for none
     */
    public record DequantizeLinear(DataType dataType, long axis, long blockSize) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            requireScale(context, axis, blockSize);
            if (context.hasInput(2) && context.tensor(2).dataType() != context.tensor(0).dataType()) {
                throw context.error("the zero point must have the data's type, is " + context.tensor(2));
            }
            return List.of(context.tensor(0).withDataType(dataType));
        }
    }

    private static void requireScale(InferenceContext context, long axis, long blockSize) {
        TensorType data = context.tensor(0);
        TensorType scale = context.tensor(1);
        if (!scale.dataType().isFloatingPoint() || blockSize < 0) {
            throw context.error("needs a floating-point scale and a block size that is not negative, has " + scale + " and " + blockSize);
        }
        if (!data.hasRank() || !scale.hasRank() || blockSize == 0 && (scale.shape().rank() == 0 || scale.isStatic() && scale.shape().elements() == 1)) {
            return;
        }
        context.axis(axis, data.shape().rank());
        if (scale.shape().rank() != (blockSize == 0 ? 1 : data.shape().rank())) {
            throw context.error("the scale " + scale + " does not fit data " + data + " with block size " + blockSize);
        }
    }

    /** Quantizes to uint8 over the data's own range. Results: 0 quantized data; 1 scale (fp32); 2 zero point (uint8). */
    public record DynamicQuantizeLinear() implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(context.tensor(0).withDataType(DataType.UINT8), TensorType.of(DataType.FLOAT32), TensorType.of(DataType.UINT8));
        }
    }

    /**
     * Matrix product of quantized operands, exact in int32. Inputs: 0 a [..., M, K]; 1 b [..., K, N]; 2 zero point of a, one
     * or one for each row, or absent; 3 zero point of b, one or one for each column, or absent.
     */
    public record MatMulInteger() implements Contraction {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(product(context, 0, 1, DataType.INT32));
        }
    }

    /**
     * Matrix product of quantized operands, quantized. Inputs: 0 a, 1 its scale, 2 its zero point; 3 b, 4 its scale, 5 its
     * zero point; 6 the result's scale, 7 its zero point, whose type the result has. Scales and zero points of a are one
     * number or one for each row, of b one or one for each column.
     */
    public record QLinearMatMul() implements Contraction {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(product(context, 0, 3, context.tensor(7).dataType()));
        }
    }

    /** The type of the matrix product of inputs {@code a} and {@code b}, whatever their element types. */
    private static TensorType product(InferenceContext context, int a, int b, DataType result) {
        TensorType left = context.tensor(a).withDataType(result);
        TensorType right = context.tensor(b).withDataType(result);
        return (TensorType) new MatMul().inferTypes(new Epilogues.Operands(List.of(left, right), context)).get(0);
    }

    /** The type of the convolution of inputs {@code data} and {@code weights}, whatever their element types. */
    private static TensorType convolution(Convolution operator, InferenceContext context, int data, int weights, DataType result) {
        TensorType x = context.tensor(data).withDataType(result);
        TensorType w = context.tensor(weights).withDataType(result);
        return (TensorType) operator.inferTypes(new Epilogues.Operands(List.of(x, w), context)).get(0);
    }

    /**
     * Convolution of quantized operands, exact in int32. Inputs: 0 data; 1 weights; 2 zero point of the data, one, or absent;
     * 3 zero point of the weights, one or one for each output channel, or absent. Attributes as {@link Convolution}'s.
     */
    public record ConvInteger(List<Long> strides, List<Long> dilations, List<Long> padsBegin, List<Long> padsEnd, long groups)
            implements Contraction {
        public ConvInteger {
            strides = List.copyOf(strides);
            dilations = List.copyOf(dilations);
            padsBegin = List.copyOf(padsBegin);
            padsEnd = List.copyOf(padsEnd);
        }

        /** The convolution without quantization. */
        public Convolution convolution() {
            return new Convolution(strides, dilations, padsBegin, padsEnd, groups, PointwiseProgram.IDENTITY);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(Quantization.convolution(convolution(), context, 0, 1, DataType.INT32));
        }
    }

    /**
     * Convolution of quantized operands, quantized. Inputs: 0 data, 1 its scale, 2 its zero point; 3 weights, 4 their scale, 5
     * their zero point, each one or one for each output channel; 6 the result's scale, 7 its zero point, whose type the result
     * has; 8 bias [M], int32, in units of the product of both scales, or absent. Attributes as {@link Convolution}'s.
     */
    public record QLinearConv(List<Long> strides, List<Long> dilations, List<Long> padsBegin, List<Long> padsEnd, long groups)
            implements Contraction {
        public QLinearConv {
            strides = List.copyOf(strides);
            dilations = List.copyOf(dilations);
            padsBegin = List.copyOf(padsBegin);
            padsEnd = List.copyOf(padsEnd);
        }

        /** The convolution without quantization. */
        public Convolution convolution() {
            return new Convolution(strides, dilations, padsBegin, padsEnd, groups, PointwiseProgram.IDENTITY);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(Quantization.convolution(convolution(), context, 0, 3, context.tensor(7).dataType()));
        }
    }
}
