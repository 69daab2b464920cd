package io.firesteel.reference;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.nio.FloatBuffer;

/** Copies runs of elements between tensors and double arrays. */
final class Elements {

    private Elements() { }

    /** All elements as a new array. */
    static double[] read(Tensor tensor) {
        return read(tensor, 0, tensor.count());
    }

    /** A run of elements as a new array. */
    static double[] read(Tensor tensor, long from, int count) {
        double[] values = new double[count];
        read(tensor, from, values, 0, count);
        return values;
    }

    /** Copies the run that starts at element {@code from} to {@code to[at]} and on. */
    static void read(Tensor tensor, long from, double[] to, int at, int count) {
        if (isPlainFloats(tensor, count)) {
            FloatBuffer floats = tensor.buffer().asFloatBuffer();
            int first = (int) from;
            for (int i = 0; i < count; i++) {
                to[at + i] = floats.get(first + i);
            }
            return;
        }
        for (int i = 0; i < count; i++) {
            to[at + i] = tensor.getDouble(from + i);
        }
    }

    /** Writes {@code values[at]} and on as the run that starts at element {@code to}, rounding to the element type. */
    static void write(Tensor tensor, long to, double[] values, int at, int count) {
        if (isPlainFloats(tensor, count)) {
            FloatBuffer floats = tensor.buffer().asFloatBuffer();
            int first = (int) to;
            for (int i = 0; i < count; i++) {
                floats.put(first + i, (float) values[at + i]);
            }
            return;
        }
        for (int i = 0; i < count; i++) {
            tensor.setDouble(to + i, values[at + i]);
        }
    }

    /** A new tensor of the values, rounded to the element type. */
    static Tensor tensor(DataType type, long[] sizes, double[] values) {
        Tensor tensor = Tensor.zeros(type, sizes);
        write(tensor, 0, values, 0, tensor.count());
        return tensor;
    }

    /** {@code value} as it is after a trip through the element type. */
    static double rounded(DataType type, double value) {
        if (type == DataType.FLOAT64) {
            return value;
        }
        Tensor one = Tensor.zeros(type);
        one.setDouble(0, value);
        return one.getDouble(0);
    }

    /** The product of sizes; fails on overflow. */
    static long product(long[] sizes) {
        long product = 1;
        for (long size : sizes) {
            product = Math.multiplyExact(product, size);
        }
        return product;
    }

    private static boolean isPlainFloats(Tensor tensor, int count) {
        return tensor.dataType() == DataType.FLOAT32 && count > 0 && tensor.byteSize() <= 1L << 30;
    }
}
