package io.firesteel.engine;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backend;
import io.firesteel.memory.Scope;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;

/** Sessions made as needed up to a limit; borrowing one is the permit to use the device. */
final class SessionPool implements AutoCloseable {

    private final Backend backend;
    private final Scope scope;
    private final Semaphore permits;
    private final int limit;
    private final Deque<Session> idle = new ArrayDeque<>();
    private int made;

    SessionPool(Backend backend, Scope scope, int limit) {
        this.backend = backend;
        this.scope = scope;
        this.limit = limit;
        this.permits = new Semaphore(limit, true);
    }

    /** Waits for a session; give it back with {@link #giveBack}. */
    Session borrow() {
        try {
            permits.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw FiresteelException.resource("INTERRUPTED", "the thread was interrupted while it waited for a session");
        }
        try {
            Session session;
            synchronized (this) {
                session = idle.poll();
                made += session == null ? 1 : 0;
            }
            Session ready = session != null ? session : new Session(backend, scope.child("session"));
            ready.stream().enter();
            return ready;
        } catch (RuntimeException | Error e) {
            permits.release();
            throw e;
        }
    }

    void giveBack(Session session) {
        synchronized (this) {
            idle.push(session);
        }
        permits.release();
    }

    /** How many sessions were ever made. */
    synchronized int made() {
        return made;
    }

    /** Closes all sessions; fails where one is borrowed. */
    @Override
    public void close() {
        if (!permits.tryAcquire(limit)) {
            throw new IllegalStateException("an engine is closed while a session of it is borrowed");
        }
        synchronized (this) {
            idle.forEach(Session::close);
            idle.clear();
        }
    }
}
