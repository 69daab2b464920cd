package io.firesteel.calibration.job;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;

/** An iterator over elements that are made some at a time, when those before have been taken. */
abstract class LazyIterator<T> implements Iterator<T> {

    private final Queue<T> queue = new ArrayDeque<>();
    private boolean more = true;

    /** Adds elements, or none; false where there are no more. */
    protected abstract boolean fill(Queue<T> queue);

    @Override
    public final boolean hasNext() {
        while (queue.isEmpty() && more) {
            more = fill(queue);
        }
        return !queue.isEmpty();
    }

    @Override
    public final T next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return queue.remove();
    }
}
