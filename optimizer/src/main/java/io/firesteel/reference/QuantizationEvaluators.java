package io.firesteel.reference;

import io.firesteel.op.Quantization;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.List;

/** Evaluators of quantizing and dequantizing in {@link Quantization}. */
public final class QuantizationEvaluators implements EvaluatorFamily {

    private static final float LEVELS = 255;

    @Override
    public void register(Registry registry) {
        registry.add(Quantization.QuantizeLinear.class, QuantizationEvaluators::quantize);
        registry.add(Quantization.DequantizeLinear.class, QuantizationEvaluators::dequantize);
        registry.add(Quantization.DynamicQuantizeLinear.class, (op, in) -> quantizeDynamically(in.tensor(0)));
    }

    /** The number nearest to {@code real} (halves to even) plus the zero point, within the bounds of an integer type. */
    static long saturate(double real, long zeroPoint, DataType type) {
        double value = Math.rint(real) + zeroPoint;
        int bits = type.bytes() * 8;
        double lower = type.isUnsigned() ? 0 : -Math.scalb(1, bits - 1);
        double upper = Math.scalb(1, type.isUnsigned() ? bits : bits - 1) - 1;
        return (long) Math.min(Math.max(value, lower), upper);
    }

    /** Which element of scale and zero point belongs to an element of the data. */
    private record Parameters(Tensor scale, Tensor zeroPoint, long inner, long size, long block, long blocks) {

        static Parameters of(EvaluationContext in, long axis, long blockSize) {
            Tensor x = in.tensor(0);
            Tensor scale = in.tensor(1);
            Tensor zeroPoint = in.hasInput(2) ? in.tensor(2) : null;
            if (zeroPoint != null && zeroPoint.elements() != scale.elements()) {
                throw in.error("scale " + scale.type() + " and zero point " + zeroPoint.type() + " differ in size");
            }
            if (blockSize == 0 && scale.elements() == 1) {
                return new Parameters(scale, zeroPoint, 0, 0, 0, 0);
            }
            int at = (int) (axis < 0 ? axis + x.rank() : axis);
            if (at < 0 || at >= x.rank()) {
                throw in.error("axis " + axis + " is out of range for rank " + x.rank());
            }
            long inner = 1;
            for (int i = at + 1; i < x.rank(); i++) {
                inner *= x.size(i);
            }
            long size = x.size(at);
            long blocks = blockSize == 0 ? size : (size + blockSize - 1) / blockSize;
            long expected = blockSize == 0 ? size : size == 0 ? 0 : x.elements() / size * blocks;
            if (scale.elements() != expected) {
                throw in.error("scale " + scale.type() + " does not fit data " + x.type() + " along axis " + axis
                        + (blockSize == 0 ? "" : " in blocks of " + blockSize));
            }
            return new Parameters(scale, zeroPoint, inner, size, blockSize, blocks);
        }

        long index(long element) {
            if (inner == 0) {
                return 0;
            }
            long place = element / inner % size;
            return block == 0 ? place : (element / inner / size * blocks + place / block) * inner + element % inner;
        }

        long zeroPoint(long index) {
            return zeroPoint == null ? 0 : zeroPoint.getLong(index);
        }
    }

    private static List<HostValue> quantize(Quantization.QuantizeLinear op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        Parameters parameters = Parameters.of(in, op.axis(), op.blockSize());
        Tensor y = Tensor.zeros(op.dataType(), x.sizes());
        Tensor quotient = Tensor.zeros(op.precision());
        for (long i = 0; i < x.elements(); i++) {
            long index = parameters.index(i);
            quotient.setDouble(0, x.getDouble(i) / parameters.scale().getDouble(index));
            y.setLong(i, saturate(quotient.getDouble(0), parameters.zeroPoint(index), op.dataType()));
        }
        return List.of(y);
    }

    private static List<HostValue> dequantize(Quantization.DequantizeLinear op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        Parameters parameters = Parameters.of(in, op.axis(), op.blockSize());
        Tensor y = Tensor.zeros(op.dataType(), x.sizes());
        for (long i = 0; i < x.elements(); i++) {
            long index = parameters.index(i);
            y.setDouble(i, (double) (x.getLong(i) - parameters.zeroPoint(index)) * parameters.scale().getDouble(index));
        }
        return List.of(y);
    }

    private static List<HostValue> quantizeDynamically(Tensor x) {
        float lower = 0;
        float upper = 0;
        for (long i = 0; i < x.elements(); i++) {
            lower = (float) Math.min(lower, x.getDouble(i));
            upper = (float) Math.max(upper, x.getDouble(i));
        }
        float scale = upper == lower ? 1 : (upper - lower) / LEVELS;
        long zeroPoint = saturate((0 - lower) / scale, 0, DataType.UINT8);
        Tensor y = Tensor.zeros(DataType.UINT8, x.sizes());
        for (long i = 0; i < x.elements(); i++) {
            y.setLong(i, saturate((float) (x.getDouble(i) / scale), zeroPoint, DataType.UINT8));
        }
        return List.of(y, Tensor.scalar(DataType.FLOAT32, scale), Tensor.scalar(DataType.UINT8, zeroPoint));
    }
}
