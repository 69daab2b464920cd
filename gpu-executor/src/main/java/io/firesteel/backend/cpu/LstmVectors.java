package io.firesteel.backend.cpu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * A step of an LSTM on one row by the JDK's Vector API, loaded only where its module is there. Gates are interleaved: four
 * vectors, one of each gate, for as many hidden elements as a vector has lanes. Methods are small because C2 gives up inlining
 * vector operations in large ones.
 */
final class LstmVectors {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final int LANES = SPECIES.length();
    private static final int PANEL = LstmWeights.GATES * LANES;

    /** Beyond it a sigmoid is 0 or 1, and before it no power of two leaves fp32's range. */
    private static final float BOUND = 87;
    private static final float LOG2_E = 1.44269504f;
    /** The logarithm of 2 in two parts, of which the first has few digits: a product with a small integer is exact. */
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.12194440e-4f;
    /** 1.5 * 2^23: a number added to it is rounded to an integer, which the lowest bits of the sum hold. */
    private static final float ROUNDING = 12582912;
    private static final int EXPONENT = 23;

    private LstmVectors() { }

    static int lanes() {
        return LANES;
    }

    /**
     * Multiplies a row by one panel of four vectors of columns.
     *
     * @param panels [length, 4 vectors] from element {@code at} on; in a Java array because C2 reads the fields of a buffer again
     *     for every vector, which takes longer than the second-level cache
     * @param product takes four vectors from element {@code to} on
     */
    static void multiply(float[] panels, int at, int length, float[] row, float[] product, int to) {
        FloatVector sum0 = FloatVector.zero(SPECIES);
        FloatVector sum1 = sum0;
        FloatVector sum2 = sum0;
        FloatVector sum3 = sum0;
        for (int i = 0; i < length; i++) {
            int line = at + i * PANEL;
            FloatVector x = FloatVector.broadcast(SPECIES, row[i]);
            sum0 = FloatVector.fromArray(SPECIES, panels, line).fma(x, sum0);
            sum1 = FloatVector.fromArray(SPECIES, panels, line + LANES).fma(x, sum1);
            sum2 = FloatVector.fromArray(SPECIES, panels, line + 2 * LANES).fma(x, sum2);
            sum3 = FloatVector.fromArray(SPECIES, panels, line + 3 * LANES).fma(x, sum3);
        }
        sum0.intoArray(product, to);
        sum1.intoArray(product, to + LANES);
        sum2.intoArray(product, to + 2 * LANES);
        sum3.intoArray(product, to + 3 * LANES);
    }

    /** The same for two rows, each with the sums in the order in which it has them alone. */
    static void multiply(float[] panels, int at, int length, float[] rowA, float[] rowB, float[] productA, float[] productB, int to) {
        FloatVector a0 = FloatVector.zero(SPECIES);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector b2 = a0;
        FloatVector b3 = a0;
        for (int i = 0; i < length; i++) {
            int line = at + i * PANEL;
            FloatVector x = FloatVector.broadcast(SPECIES, rowA[i]);
            FloatVector y = FloatVector.broadcast(SPECIES, rowB[i]);
            FloatVector w = FloatVector.fromArray(SPECIES, panels, line);
            a0 = w.fma(x, a0);
            b0 = w.fma(y, b0);
            w = FloatVector.fromArray(SPECIES, panels, line + LANES);
            a1 = w.fma(x, a1);
            b1 = w.fma(y, b1);
            w = FloatVector.fromArray(SPECIES, panels, line + 2 * LANES);
            a2 = w.fma(x, a2);
            b2 = w.fma(y, b2);
            w = FloatVector.fromArray(SPECIES, panels, line + 3 * LANES);
            a3 = w.fma(x, a3);
            b3 = w.fma(y, b3);
        }
        a0.intoArray(productA, to);
        a1.intoArray(productA, to + LANES);
        a2.intoArray(productA, to + 2 * LANES);
        a3.intoArray(productA, to + 3 * LANES);
        b0.intoArray(productB, to);
        b1.intoArray(productB, to + LANES);
        b2.intoArray(productB, to + 2 * LANES);
        b3.intoArray(productB, to + 3 * LANES);
    }

    /** Makes gates of sums: the sigmoid of each of them and what the input adds, from byte {@code at} on. */
    static void gates(float[] sums, ByteBuffer input, int at) {
        for (int i = 0; i < sums.length; i += LANES) {
            sigmoid(FloatVector.fromArray(SPECIES, sums, i)
                    .add(FloatVector.fromByteBuffer(SPECIES, input, at + Float.BYTES * i, ORDER))).intoArray(sums, i);
        }
    }

    /** The next cell, in place, and the next state from the gates i, o, f and s, where 2s - 1 is the tanh of what is added. */
    static void next(float[] gates, float[] cell, float[] state) {
        for (int i = 0; i < cell.length; i += LANES) {
            int gate = i * LstmWeights.GATES;
            FloatVector in = FloatVector.fromArray(SPECIES, gates, gate);
            FloatVector added = in.mul(FloatVector.fromArray(SPECIES, gates, gate + 3 * LANES));
            FloatVector now = FloatVector.fromArray(SPECIES, gates, gate + 2 * LANES).mul(FloatVector.fromArray(SPECIES, cell, i))
                    .add(added.add(added).sub(in));
            now.intoArray(cell, i);
            FloatVector out = FloatVector.fromArray(SPECIES, gates, gate + LANES);
            FloatVector sized = out.mul(sigmoid(now.add(now)));
            sized.add(sized).sub(out).intoArray(state, i);
        }
    }

    /** 1 / (1 + exp(-x)); the exponential is 2^n exp(r) with an integer n, r at most ln(2) / 2, and its Taylor polynomial. */
    private static FloatVector sigmoid(FloatVector x) {
        FloatVector low = FloatVector.broadcast(SPECIES, -BOUND);
        FloatVector high = FloatVector.broadcast(SPECIES, BOUND);
        FloatVector v = FloatVector.zero(SPECIES).sub(x);
        v = v.blend(low, v.lt(low));
        v = v.blend(high, high.lt(v));
        FloatVector rounding = FloatVector.broadcast(SPECIES, ROUNDING);
        FloatVector sum = v.fma(FloatVector.broadcast(SPECIES, LOG2_E), rounding);
        FloatVector n = sum.sub(rounding);
        FloatVector r = n.fma(FloatVector.broadcast(SPECIES, -LN2_LOW), n.fma(FloatVector.broadcast(SPECIES, -LN2_HIGH), v));
        FloatVector p = FloatVector.broadcast(SPECIES, 1f / 5040);
        p = p.fma(r, FloatVector.broadcast(SPECIES, 1f / 720));
        p = p.fma(r, FloatVector.broadcast(SPECIES, 1f / 120));
        p = p.fma(r, FloatVector.broadcast(SPECIES, 1f / 24));
        p = p.fma(r, FloatVector.broadcast(SPECIES, 1f / 6));
        p = p.fma(r, FloatVector.broadcast(SPECIES, 0.5f));
        FloatVector one = FloatVector.broadcast(SPECIES, 1);
        p = p.fma(r, one).fma(r, one);
        FloatVector exponential = p.reinterpretAsInts()
                .add(sum.reinterpretAsInts().lanewise(VectorOperators.LSHL, EXPONENT)).reinterpretAsFloats();
        return one.div(one.add(exponential));
    }
}
