package io.firesteel.backend.cpu;

import io.firesteel.backend.Sizes;
import io.firesteel.op.MatMul;

/**
 * The operands of a matrix product [..., M, K] x [..., K, N], of one rank, transposed ones by their strides.
 *
 * @param a sizes of the left operand
 * @param aStrides its strides
 * @param b sizes of the right operand
 * @param bStrides its strides
 * @param c sizes of the result, which is row-major
 */
record MatrixOperands(long[] a, long[] aStrides, long[] b, long[] bStrides, long[] c) {

    /** @param left, right sizes of row-major tensors of one rank, at least 2; batch axes are equal or 1 */
    static MatrixOperands of(MatMul op, long[] left, long[] right) {
        long[] a = left.clone();
        long[] b = right.clone();
        long[] aStrides = Sizes.strides(a);
        long[] bStrides = Sizes.strides(b);
        if (op.transposeA()) {
            swapLast(a);
            swapLast(aStrides);
        }
        if (op.transposeB()) {
            swapLast(b);
            swapLast(bStrides);
        }
        long[] c = new long[a.length];
        for (int i = 0; i < c.length; i++) {
            c[i] = i == c.length - 2 ? a[i] : i == c.length - 1 ? b[i] : Math.max(a[i], b[i]);
        }
        return new MatrixOperands(a, aStrides, b, bStrides, c);
    }

    private static void swapLast(long[] values) {
        long last = values[values.length - 1];
        values[values.length - 1] = values[values.length - 2];
        values[values.length - 2] = last;
    }
}
