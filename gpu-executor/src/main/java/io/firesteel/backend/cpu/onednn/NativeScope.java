package io.firesteel.backend.cpu.onednn;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.ToIntFunction;
import org.bytedeco.javacpp.Pointer;

/** Owns native objects and destroys them in reverse order of creation. */
final class NativeScope implements AutoCloseable {

    private final Deque<Runnable> releases = new ArrayDeque<>();

    <T extends Pointer> T own(T object, ToIntFunction<T> destroy) {
        releases.push(() -> destroy.applyAsInt(object));
        return object;
    }

    /** Owns memory that JavaCPP itself allocated. */
    <T extends Pointer> T own(T allocated) {
        releases.push(allocated::close);
        return allocated;
    }

    @Override
    public void close() {
        while (!releases.isEmpty()) {
            releases.pop().run();
        }
    }
}
