package io.firesteel.backend.cuda.dnn;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Launch;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaEvent;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.backend.cuda.driver.DeviceMemory;
import io.firesteel.backend.cuda.linkage.CudaLibraries;
import io.firesteel.backend.cuda.linkage.PrivateCache;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import jcuda.jcudnn.JCudnn;

/** cuDNN on one GPU: makes plans, and finds by timing which engine configuration computes a graph fastest. Safe for many threads. */
final class DnnDevice {

    /** Device memory that a plan may use for itself. */
    private static final long MOST_WORKSPACE = 512L << 20;
    private static final int MOST_CANDIDATES = 16;
    private static final int COMPILERS = 8;
    private static final int PATTERN_BYTES = 4 << 20;

    private static final Map<CudaContext, DnnDevice> DEVICES = new ConcurrentHashMap<>();

    private final CudaContext context;
    private final CudaStream stream;
    private final DnnHandle handle;
    private final String key;
    private final Map<String, EngineConfiguration> known = new ConcurrentHashMap<>();

    private DnnDevice(CudaContext context) {
        this.context = context;
        context.makeCurrent();
        stream = context.openStream();
        handle = DnnHandle.of(stream);
        key = (context.device().name() + "-cudnn" + JCudnn.cudnnGetVersion()).replaceAll("[^A-Za-z0-9.]+", "-");
    }

    /** cuDNN on the context's GPU; it stays open as long as the process. */
    static DnnDevice of(CudaContext context) {
        CudaLibraries.require(CudaLibraries.Library.CUDNN);
        return DEVICES.computeIfAbsent(context, DnnDevice::new);
    }

    CudaContext context() {
        return context;
    }

    /**
     * The fastest plan of a graph, as known from memory or disk, else as timed now.
     *
     * @param refused notes of engines that must not be taken
     * @throws FiresteelException with the code {@link DnnStatus#UNSUPPORTED} where no engine computes the graph
     */
    ExecutionPlan plan(DnnGraph graph, Set<EngineConfiguration.Note> refused) {
        context.makeCurrent();
        String signature = graph.signature() + (refused.contains(EngineConfiguration.Note.TENSOR_CORE) ? "-strict" : "");
        try (NativeGraph described = new NativeGraph(graph, handle)) {
            Optional<ExecutionPlan> stored = stored(signature, described);
            return stored.isPresent() ? stored.get() : tuned(signature, graph, described, refused);
        }
    }

    private Optional<ExecutionPlan> stored(String signature, NativeGraph described) {
        Optional<EngineConfiguration> configuration = Optional.ofNullable(known.get(signature)).or(() -> read(signature));
        if (configuration.isEmpty()) {
            return Optional.empty();
        }
        try {
            ExecutionPlan plan = configuration.get().plan(described, handle);
            known.put(signature, configuration.get());
            return Optional.of(plan);
        } catch (FiresteelException e) {
            known.remove(signature);
            return Optional.empty();
        }
    }

    /** Timing has the stream to itself; who waited for another thread that timed the same graph takes what that found. */
    private synchronized ExecutionPlan tuned(String signature, DnnGraph graph, NativeGraph described,
            Set<EngineConfiguration.Note> refused) {
        Optional<ExecutionPlan> meanwhile = known.containsKey(signature) ? stored(signature, described) : Optional.empty();
        if (meanwhile.isPresent()) {
            return meanwhile.get();
        }
        ExecutionPlan best = fastest(graph, compile(described, refused));
        known.put(signature, best.configuration());
        PrivateCache.ofUser().write(file(signature), best.configuration().toString().getBytes(StandardCharsets.UTF_8));
        return best;
    }

    private String file(String signature) {
        return "cudnn/" + key + "/" + signature;
    }

    private Optional<EngineConfiguration> read(String signature) {
        try {
            return PrivateCache.ofUser().read(file(signature))
                    .map(b -> EngineConfiguration.parse(new String(b, StandardCharsets.UTF_8)));
        } catch (FiresteelException e) {
            return Optional.empty();
        }
    }

    /** The plans of the configurations that cuDNN recommends and that can be made, in order of recommendation. */
    List<ExecutionPlan> compile(NativeGraph graph, Set<EngineConfiguration.Note> refused) {
        List<EngineConfiguration> candidates = EngineConfiguration.candidates(graph, refused);
        List<Callable<Optional<ExecutionPlan>>> tasks = new ArrayList<>();
        for (EngineConfiguration candidate : candidates.subList(0, Math.min(MOST_CANDIDATES, candidates.size()))) {
            tasks.add(() -> {
                context.makeCurrent();
                return tryPlan(candidate, graph);
            });
        }
        List<ExecutionPlan> plans = new ArrayList<>();
        ExecutorService compilers = Executors.newFixedThreadPool(COMPILERS);
        try {
            for (Future<Optional<ExecutionPlan>> future : compilers.invokeAll(tasks)) {
                future.get().ifPresent(plans::add);
            }
        } catch (ExecutionException e) {
            plans.forEach(ExecutionPlan::close);
            throw FiresteelException.internal("making a plan of cuDNN failed", e.getCause());
        } catch (InterruptedException e) {
            plans.forEach(ExecutionPlan::close);
            Thread.currentThread().interrupt();
            throw FiresteelException.internal("interrupted while cuDNN compiled", e);
        } finally {
            compilers.shutdown();
        }
        if (plans.isEmpty()) {
            throw FiresteelException.device(DnnStatus.UNSUPPORTED, "cuDNN has no engine for this graph", null);
        }
        return plans;
    }

    /** The same for a graph that is not described yet. */
    List<ExecutionPlan> compile(DnnGraph graph, Set<EngineConfiguration.Note> refused) {
        context.makeCurrent();
        try (NativeGraph described = new NativeGraph(graph, handle)) {
            return compile(described, refused);
        }
    }

    private Optional<ExecutionPlan> tryPlan(EngineConfiguration candidate, NativeGraph graph) {
        try {
            ExecutionPlan plan = candidate.plan(graph, handle);
            if (plan.workspaceBytes() <= MOST_WORKSPACE) {
                return Optional.of(plan);
            }
            plan.close();
            return Optional.empty();
        } catch (FiresteelException e) {
            return Optional.empty();
        }
    }

    private ExecutionPlan fastest(DnnGraph graph, List<ExecutionPlan> plans) {
        ExecutionPlan best = plans.get(0);
        if (plans.size() > 1) {
            float bestTime = Float.POSITIVE_INFINITY;
            Map<ExecutionPlan, Float> times = times(graph, plans);
            for (ExecutionPlan plan : plans) {
                float time = times.getOrDefault(plan, Float.POSITIVE_INFINITY);
                if (time < bestTime) {
                    best = plan;
                    bestTime = time;
                }
            }
        }
        for (ExecutionPlan plan : plans) {
            if (plan != best) {
                plan.close();
            }
        }
        return best;
    }

    /** Something that computes a graph: bound to device addresses by tensor id. */
    @FunctionalInterface
    interface Bindable {

        /** @param addresses by tensor id, and the workspace's by {@link #WORKSPACE} */
        Launch bind(CudaStream stream, Map<Integer, Long> addresses);

        /** The key of the workspace. */
        int WORKSPACE = 0;
    }

    /** Milliseconds of one execution of each plan on random data; empty where memory is short, without the plans that fail. */
    Map<ExecutionPlan, Float> times(DnnGraph graph, List<ExecutionPlan> plans) {
        Map<ExecutionPlan, Float> result = new HashMap<>();
        onRandomData(graph, plans.stream().mapToLong(ExecutionPlan::workspaceBytes).max().orElse(0), addresses -> {
            Map<Integer, Long> tensors = new HashMap<>(addresses);
            long workspace = tensors.remove(Bindable.WORKSPACE);
            for (ExecutionPlan plan : plans) {
                try (Launch launch = plan.bind(stream, tensors, graph.scalars(), workspace)) {
                    result.put(plan, time(launch));
                } catch (FiresteelException e) {
                    if (!e.code().equals(DnnStatus.UNSUPPORTED) && !e.code().equals("CUDNN_EXECUTION")) {
                        throw e;
                    }
                }
            }
        });
        return result;
    }

    /** Milliseconds of one execution on random data; not a number where memory is short. */
    float time(DnnGraph graph, Bindable bindable) {
        float[] result = {Float.NaN};
        onRandomData(graph, 0, addresses -> {
            try (Launch launch = bindable.bind(stream, addresses)) {
                result[0] = time(launch);
            }
        });
        return result[0];
    }

    private void onRandomData(DnnGraph graph, long workspaceBytes, Consumer<Map<Integer, Long>> action) {
        Map<Integer, Long> offsets = new HashMap<>();
        long bytes = 0;
        for (GraphTensor tensor : graph.memory()) {
            offsets.put(tensor.id(), bytes);
            bytes += (extent(tensor) + 255) / 256 * 256;
        }
        offsets.put(Bindable.WORKSPACE, bytes);
        try (DeviceMemory memory = context.allocate(bytes + workspaceBytes + 256)) {
            fill(memory);
            offsets.replaceAll((id, offset) -> memory.address() + offset);
            action.accept(offsets);
        } catch (FiresteelException e) {
            if (e.kind() != FiresteelException.Kind.RESOURCE) {
                throw e;
            }
        }
    }

    private static long extent(GraphTensor tensor) {
        long last = 0;
        for (int i = 0; i < tensor.sizes().size(); i++) {
            last += (tensor.sizes().get(i) - 1) * tensor.strides().get(i);
        }
        return (last + 1) * tensor.type().bytes();
    }

    /** Fills memory with random halves between -1 and 1, which read as floats or bf16 are small numbers too. */
    private void fill(DeviceMemory memory) {
        int pattern = (int) Math.min(PATTERN_BYTES, memory.bytes() / 2 * 2);
        ByteBuffer halves = ByteBuffer.allocateDirect(pattern).order(ByteOrder.nativeOrder());
        Random random = new Random(1);
        while (halves.hasRemaining()) {
            int bits = random.nextInt();
            halves.putShort((short) (bits & 0x8000 | (8 + (bits >>> 16 & 7)) << 10 | bits & 0x3ff));
        }
        stream.copyIn(halves.flip(), memory.address());
        for (long done = pattern; done < memory.bytes(); done *= 2) {
            stream.copy(memory.address(), memory.address() + done, Math.min(done, memory.bytes() - done));
        }
        stream.synchronize();
    }

    private float time(Launch launch) {
        launch.run();
        launch.run();
        try (CudaEvent start = CudaEvent.timing(); CudaEvent end = CudaEvent.timing()) {
            start.record(stream);
            launch.run();
            end.record(stream);
            end.synchronize();
            int runs = Math.max(3, Math.min(50, (int) (2 / Math.max(0.001f, end.millisSince(start)))));
            start.record(stream);
            for (int i = 0; i < runs; i++) {
                launch.run();
            }
            end.record(stream);
            end.synchronize();
            return end.millisSince(start) / runs;
        }
    }
}
