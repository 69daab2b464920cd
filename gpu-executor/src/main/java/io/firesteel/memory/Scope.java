package io.firesteel.memory;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Owns resources and closes them in reverse order. A scope may have children, as an engine has sessions: closing it while a
 * child is open is a defect, fails loudly, and releases nothing, because the child still uses what its parent owns.
 */
public final class Scope implements AutoCloseable {

    private final String name;
    private final Scope parent;
    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private int children;
    private boolean closed;

    private Scope(String name, Scope parent) {
        this.name = name;
        this.parent = parent;
    }

    /** A scope without a parent. */
    public static Scope root(String name) {
        return new Scope(name, null);
    }

    /** A scope that must be closed before this one. */
    public synchronized Scope child(String childName) {
        requireOpen();
        children++;
        return new Scope(childName, this);
    }

    /** Takes ownership of a resource and returns it. */
    public synchronized <T extends AutoCloseable> T own(T resource) {
        requireOpen();
        resources.push(resource);
        return resource;
    }

    /** Whether it was closed. */
    public synchronized boolean isClosed() {
        return closed;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("scope " + name + " is closed");
        }
    }

    private synchronized void childClosed() {
        children--;
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            if (children > 0) {
                throw new IllegalStateException("scope " + name + " is closed while " + children + " of its children are open");
            }
            closed = true;
        }
        RuntimeException failure = null;
        while (!resources.isEmpty()) {
            try {
                resources.pop().close();
            } catch (Exception e) {
                if (failure == null) {
                    failure = new IllegalStateException("closing scope " + name + " failed", e);
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (parent != null) {
            parent.childClosed();
        }
        if (failure != null) {
            throw failure;
        }
    }
}
