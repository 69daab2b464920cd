package io.firesteel.engine;

import io.firesteel.backend.Backends;
import io.firesteel.backend.Device;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The engines of this process, one for each plan, device and precision. An engine stays when nobody uses it, so that the next
 * task finds it; beyond a number of idle ones the least recently used is closed.
 */
public final class EngineCache {

    /** The cache all of this process shares. */
    public static final EngineCache SHARED = new EngineCache(4);

    private record Key(String planHash, Device device, Precision precision) { }

    private static final class Entry {
        private Engine engine;
        private int users;
    }

    /** The use of an engine, ended by closing. */
    public final class Lease implements AutoCloseable {
        private final Entry entry;
        private boolean closed;

        private Lease(Entry entry) {
            this.entry = entry;
        }

        /** The engine. */
        public Engine engine() {
            return entry.engine;
        }

        @Override
        public void close() {
            synchronized (EngineCache.this) {
                if (!closed) {
                    closed = true;
                    entry.users--;
                    trim(idleLimit);
                }
            }
        }
    }

    private final int idleLimit;
    private final Map<Key, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);
    private final AtomicLong planLoads = new AtomicLong();

    /** @param idleLimit how many engines that nobody uses are kept */
    public EngineCache(int idleLimit) {
        this.idleLimit = idleLimit;
    }

    /**
     * The engine of a plan on a device; threads that ask at the same time wait for one load.
     *
     * @param planHash the plan's identity
     * @param options used where the engine has to be made
     * @param plan loads the plan, called only where there is no engine yet
     */
    public Lease acquire(String planHash, Device device, EngineOptions options, Supplier<Plan> plan) {
        return acquire(planHash, () -> device, options, plan);
    }

    /**
     * As {@link #acquire(String, Device, EngineOptions, Supplier)}, on a device that is chosen while no other thread chooses one, so
     * that {@link #users} counts all who have.
     *
     * @param choice gives the device
     */
    public Lease acquire(String planHash, Supplier<Device> choice, EngineOptions options, Supplier<Plan> plan) {
        Device device;
        Entry entry;
        Key key;
        synchronized (this) {
            device = choice.get();
            Backends.requireOn(device);
            key = new Key(planHash, device, options.precision());
            entry = entries.computeIfAbsent(key, k -> new Entry());
            entry.users++;
        }
        try {
            synchronized (entry) {
                if (entry.engine == null) {
                    planLoads.incrementAndGet();
                    entry.engine = Engine.open(plan.get(), device, options);
                }
            }
            return new Lease(entry);
        } catch (RuntimeException | Error e) {
            synchronized (this) {
                entry.users--;
                if (entry.users == 0) {
                    entries.remove(key, entry);
                }
            }
            throw e;
        }
    }

    /** How many leases of engines on a device there are at present. */
    public synchronized int users(Device device) {
        return entries.entrySet().stream().filter(e -> e.getKey().device().equals(device)).mapToInt(e -> e.getValue().users).sum();
    }

    /** How many plans were loaded. */
    public long planLoads() {
        return planLoads.get();
    }

    /** Closes the engines that nobody uses. */
    public synchronized void closeIdle() {
        trim(0);
    }

    private void trim(int keep) {
        long idle = entries.values().stream().filter(e -> e.users == 0).count();
        for (Iterator<Map.Entry<Key, Entry>> i = entries.entrySet().iterator(); i.hasNext() && idle > keep;) {
            Map.Entry<Key, Entry> next = i.next();
            Entry entry = next.getValue();
            if (entry.users == 0) {
                i.remove();
                // The memory of a device that was switched off is gone with its context.
                if (entry.engine != null && !Backends.isOff(next.getKey().device())) {
                    entry.engine.close();
                }
                idle--;
            }
        }
    }
}
