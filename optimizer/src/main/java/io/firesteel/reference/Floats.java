package io.firesteel.reference;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;

/** FLOAT32 tensors as arrays: the fast path of evaluators. */
final class Floats {

    private static final long ARRAY_LIMIT = 1L << 30;

    /** Computes a run of a binary operator; a step of 0 repeats the operand's element. */
    @FunctionalInterface
    interface Loop {
        void run(float[] a, int fromA, int stepA, float[] b, int fromB, int stepB, float[] y, int fromY, int count);
    }

    private Floats() { }

    /** Whether the tensor's elements may be taken as a float array. */
    static boolean fit(Tensor tensor) {
        return tensor.dataType() == DataType.FLOAT32 && tensor.byteSize() <= ARRAY_LIMIT;
    }

    /** A FLOAT32 tensor with the elements of an array. */
    static Tensor tensor(long[] sizes, float[] values) {
        Tensor tensor = Tensor.zeros(DataType.FLOAT32, sizes);
        tensor.buffer().asFloatBuffer().put(values);
        return tensor;
    }
}
