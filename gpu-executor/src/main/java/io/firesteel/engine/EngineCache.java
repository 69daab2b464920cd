package io.firesteel.engine;

import io.firesteel.backend.Backends;
import io.firesteel.backend.Device;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import java.util.HashMap;
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

    /** A plan that no engine was made of yet, read once for all who ask at the same time. */
    private static final class Reading {
        private Plan plan;
        private int users;

        synchronized Plan plan(Supplier<Plan> source) {
            if (plan == null) {
                plan = source.get();
            }
            return plan;
        }
    }

    /** The use of an engine, ended by closing. */
    public final class Lease implements AutoCloseable {
        private final Entry entry;
        private final boolean first;
        private boolean closed;

        private Lease(Entry entry, boolean first) {
            this.entry = entry;
            this.first = first;
        }

        /** Whether the engine was made for this lease. */
        public boolean isFirst() {
            return first;
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
    private final Map<String, Reading> readings = new HashMap<>();
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
     * that {@link #users} counts all who have. A plan without an engine is read before, as choosing a device may wait for its
     * libraries ({@link Backends#load}).
     *
     * @param choice gives the device
     */
    public Lease acquire(String planHash, Supplier<Device> choice, EngineOptions options, Supplier<Plan> plan) {
        Reading reading = join(planHash);
        if (reading == null) {
            return lease(planHash, choice, options, plan);
        }
        try {
            Plan read = reading.plan(plan);
            return lease(planHash, choice, options, () -> read);
        } finally {
            leave(planHash, reading);
        }
    }

    /** The reading of a plan that has no engine yet, else null. */
    private synchronized Reading join(String planHash) {
        Reading reading = readings.get(planHash);
        if (reading == null && entries.keySet().stream().noneMatch(k -> k.planHash().equals(planHash))) {
            reading = new Reading();
            readings.put(planHash, reading);
        }
        if (reading != null) {
            reading.users++;
        }
        return reading;
    }

    private synchronized void leave(String planHash, Reading reading) {
        reading.users--;
        if (reading.users == 0) {
            readings.remove(planHash);
        }
    }

    private Lease lease(String planHash, Supplier<Device> choice, EngineOptions options, Supplier<Plan> plan) {
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
                boolean first = entry.engine == null;
                if (first) {
                    planLoads.incrementAndGet();
                    entry.engine = Engine.open(plan.get(), device, options);
                }
                return new Lease(entry, first);
            }
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
