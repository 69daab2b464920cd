package io.firesteel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backends;
import io.firesteel.backend.Device;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EngineCacheTest {

    private static final Device DEVICE = Backends.device("reference");
    private static final EngineOptions OPTIONS = EngineOptions.defaults();

    private static void use(EngineCache.Lease lease) {
        lease.engine().run(1, new ByteBuffer[] {Networks.direct(6)}, new ByteBuffer[] {Networks.direct(3)});
    }

    @Test
    void manyTasksLoadAPlanOnce() throws Exception {
        EngineCache cache = new EngineCache(1);
        ExecutorService threads = Executors.newFixedThreadPool(8);
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            all.add(threads.submit(() -> {
                try (EngineCache.Lease lease = cache.acquire("a", DEVICE, OPTIONS, Networks::twoLayers)) {
                    use(lease);
                }
            }));
        }
        for (Future<?> one : all) {
            one.get();
        }
        threads.shutdown();
        assertThat(cache.planLoads()).isEqualTo(1);
        cache.closeIdle();
    }

    @Test
    void idleEnginesBeyondTheLimitAreClosedLeastRecentlyUsedFirst() {
        long before = Networks.liveBytes();
        EngineCache cache = new EngineCache(1);
        for (String hash : List.of("a", "b")) {
            try (EngineCache.Lease lease = cache.acquire(hash, DEVICE, OPTIONS, Networks::twoLayers)) {
                use(lease);
            }
        }
        cache.acquire("b", DEVICE, OPTIONS, Networks::twoLayers).close();
        assertThat(cache.planLoads()).isEqualTo(2);
        cache.acquire("a", DEVICE, OPTIONS, Networks::twoLayers).close();
        assertThat(cache.planLoads()).isEqualTo(3);
        cache.closeIdle();
        assertThat(Networks.liveBytes()).isEqualTo(before);
    }

    @Test
    void anEngineInUseIsNotClosed() {
        EngineCache cache = new EngineCache(0);
        try (EngineCache.Lease lease = cache.acquire("a", DEVICE, OPTIONS, Networks::twoLayers)) {
            cache.closeIdle();
            use(lease);
        }
    }

    @Test
    void aFailedLoadIsTriedAgain() {
        EngineCache cache = new EngineCache(1);
        assertThatThrownBy(() -> cache.acquire("a", DEVICE, OPTIONS, () -> {
            throw FiresteelException.user("PLAN_DAMAGED", "damaged");
        })).hasMessage("damaged");
        try (EngineCache.Lease lease = cache.acquire("a", DEVICE, OPTIONS, Networks::twoLayers)) {
            use(lease);
        }
        cache.closeIdle();
    }

    @Test
    void aPlanIsReadOnceBeforeItsDeviceIsChosen() {
        EngineCache cache = new EngineCache(1);
        List<String> order = new ArrayList<>();
        for (boolean first : new boolean[] {true, false}) {
            try (EngineCache.Lease lease = cache.acquire("a", () -> {
                order.add("device");
                return DEVICE;
            }, OPTIONS, () -> {
                order.add("plan");
                return Networks.twoLayers();
            })) {
                assertThat(lease.isFirst()).isEqualTo(first);
            }
        }
        assertThat(order).containsExactly("plan", "device", "device");
        cache.closeIdle();
    }

    @Test
    void tasksThatBeginTogetherSpreadOverTheDevices() throws Exception {
        EngineCache cache = new EngineCache(0);
        List<Device> devices = IntStream.range(0, 4)
                .mapToObj(i -> new Device(DEVICE.backend(), i, DEVICE.name(), DEVICE.key(), true)).toList();
        int tasks = 16;
        CyclicBarrier together = new CyclicBarrier(tasks);
        ExecutorService threads = Executors.newFixedThreadPool(tasks);
        List<Future<EngineCache.Lease>> all = new ArrayList<>();
        for (int i = 0; i < tasks; i++) {
            all.add(threads.submit(() -> {
                together.await();
                return cache.acquire("a", () -> {
                    Device least = devices.stream().min(Comparator.comparingInt(cache::users)).orElseThrow();
                    Thread.yield();
                    return least;
                }, OPTIONS, Networks::twoLayers);
            }));
        }
        List<EngineCache.Lease> leases = new ArrayList<>();
        for (Future<EngineCache.Lease> one : all) {
            leases.add(one.get());
        }
        threads.shutdown();
        assertThat(devices).allSatisfy(device -> assertThat(cache.users(device)).isEqualTo(tasks / devices.size()));
        leases.forEach(EngineCache.Lease::close);
    }
}
