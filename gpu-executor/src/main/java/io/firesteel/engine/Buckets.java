package io.firesteel.engine;

import java.util.List;

/** Divides rows over batch buckets. */
final class Buckets {

    private Buckets() { }

    /**
     * The bucket to run next: the largest that the rows fill, or the next larger one where they fill more than half of it.
     *
     * @param sizes ascending
     * @param rows rows left, at least 1
     */
    static int next(List<Integer> sizes, int rows) {
        int best = sizes.get(0);
        for (int size : sizes) {
            if (size <= rows || rows * 2L > size) {
                best = size;
            }
        }
        return best;
    }
}
