package io.firesteel.engine;

import io.firesteel.FiresteelException;
import java.util.List;
import java.util.function.IntToLongFunction;

/** The batch sizes that an engine runs, as far as memory allows, and how rows are divided over them. */
final class Buckets {

    private static final int MEASURED = 8;

    private final List<Integer> all;
    private final long limitBytes;
    private final IntToLongFunction arenaBytes;
    private volatile List<Integer> sizes;

    /**
     * @param all ascending
     * @param limitBytes the largest arena; the smallest bucket is kept whatever it takes
     * @param arenaBytes what a bucket's arena takes; asked for one bucket, from which the others' is estimated
     */
    Buckets(List<Integer> all, long limitBytes, IntToLongFunction arenaBytes) {
        this.all = all;
        this.limitBytes = limitBytes;
        this.arenaBytes = arenaBytes;
    }

    /** Those in use, ascending. */
    List<Integer> sizes() {
        List<Integer> known = sizes;
        if (known == null) {
            known = all.size() == 1 ? all : affordable();
            sizes = known;
        }
        return known;
    }

    private List<Integer> affordable() {
        int measured = all.stream().filter(b -> b <= MEASURED).reduce((a, b) -> b).orElse(all.get(0));
        double rowBytes = (double) arenaBytes.applyAsLong(measured) / measured;
        return all.stream().filter(b -> b.equals(all.get(0)) || rowBytes * b <= limitBytes).toList();
    }

    /** After memory ran out in a bucket: only smaller ones are used from now on; fails again where there are none. */
    void keepBelow(int bucket, FiresteelException failure) {
        List<Integer> smaller = sizes().stream().filter(b -> b < bucket).toList();
        if (failure.kind() != FiresteelException.Kind.RESOURCE || smaller.isEmpty()) {
            throw failure;
        }
        sizes = smaller;
    }

    /**
     * The bucket to run next: the largest that the rows fill, or the next larger one where they fill more than half of it.
     *
     * @param rows rows left, at least 1
     */
    int next(int rows) {
        return next(sizes(), rows);
    }

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
