package io.firesteel.backend.cpu.scan;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Finds the smallest and the largest of floats given by their IEEE 754 bits, in the order of {@link #key}, in which NaN lies
 * beyond the infinities.
 */
public final class FloatExtremes {

    private static final boolean VECTORS = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();

    private FloatExtremes() { }

    /** Maps the bits of a float to an int that sorts as the float does; its own inverse. */
    public static int key(int bits) {
        return bits ^ ((bits >> 31) >>> 1);
    }

    /**
     * The smallest and the largest key of the first {@code count} elements, packed: see {@link #low} and {@link #high}. Where
     * there is none, the largest int as the smallest and the smallest int as the largest.
     */
    public static long of(int[] bits, int count) {
        return VECTORS ? Vectors.of(bits, count) : scalar(bits, 0, count, Integer.MAX_VALUE, Integer.MIN_VALUE);
    }

    /** The smallest key of a packed pair. */
    public static int low(long packed) {
        return (int) (packed >> Integer.SIZE);
    }

    /** The largest key of a packed pair. */
    public static int high(long packed) {
        return (int) packed;
    }

    static long scalar(int[] bits, int from, int to, int startLow, int startHigh) {
        int low = startLow;
        int high = startHigh;
        for (int i = from; i < to; i++) {
            int key = key(bits[i]);
            low = Math.min(low, key);
            high = Math.max(high, key);
        }
        return (long) low << Integer.SIZE | Integer.toUnsignedLong(high);
    }

    /** Loaded only where the module is there. */
    private static final class Vectors {

        private static final VectorSpecies<Integer> LANES = IntVector.SPECIES_PREFERRED;

        static long of(int[] bits, int count) {
            int end = LANES.loopBound(count);
            IntVector low = IntVector.broadcast(LANES, Integer.MAX_VALUE);
            IntVector high = IntVector.broadcast(LANES, Integer.MIN_VALUE);
            for (int i = 0; i < end; i += LANES.length()) {
                IntVector value = IntVector.fromArray(LANES, bits, i);
                IntVector key = value.lanewise(VectorOperators.XOR,
                        value.lanewise(VectorOperators.ASHR, 31).lanewise(VectorOperators.LSHR, 1));
                low = low.min(key);
                high = high.max(key);
            }
            return scalar(bits, end, count, low.reduceLanes(VectorOperators.MIN), high.reduceLanes(VectorOperators.MAX));
        }
    }
}
