package io.firesteel.tests.oracle;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Draws tensors, sizes and choices from a seed. */
final class RandomTensors {

    private final Random random;

    RandomTensors(long seed) {
        random = new Random(seed);
    }

    /** fp32 values between -1 and 1. */
    Tensor floats(long... sizes) {
        return floatsIn(-1, 1, sizes);
    }

    /** fp32 values between two bounds. */
    Tensor floatsIn(double low, double high, long... sizes) {
        return of(DataType.FLOAT32, low, high, sizes);
    }

    /** Values between two bounds, the upper one excluded; integers for integer types. */
    Tensor of(DataType type, double low, double high, long... sizes) {
        Tensor tensor = Tensor.zeros(type, sizes);
        for (long i = 0; i < tensor.elements(); i++) {
            double value = low + (high - low) * random.nextDouble();
            if (type.isFloatingPoint()) {
                tensor.setDouble(i, value);
            } else {
                tensor.setLong(i, (long) Math.floor(value));
            }
        }
        return tensor;
    }

    /** An integer between two bounds, both included. */
    int between(int low, int high) {
        return low + random.nextInt(high - low + 1);
    }

    /** So many integers between two bounds, both included. */
    long[] between(int low, int high, int count) {
        return random.ints(count, low, high + 1).asLongStream().toArray();
    }

    boolean coin() {
        return random.nextBoolean();
    }

    @SafeVarargs
    final <T> T oneOf(T... choices) {
        return choices[random.nextInt(choices.length)];
    }

    /** Some of the numbers below {@code count}, at least one, ascending. */
    long[] someBelow(int count) {
        long[] some = Arrays.copyOf(permutation(count), between(1, count));
        Arrays.sort(some);
        return some;
    }

    /** The numbers below {@code count} in any order. */
    long[] permutation(int count) {
        List<Long> all = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            all.add(i);
        }
        Collections.shuffle(all, random);
        return all.stream().mapToLong(Long::longValue).toArray();
    }
}
