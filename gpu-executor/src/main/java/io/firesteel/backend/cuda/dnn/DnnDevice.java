package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Constants;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.linkage.CudaLibraries;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import jcuda.jcudnn.JCudnn;

/**
 * cuDNN on one GPU. Plans are kept as long as the process, as compiled kernels are, and equal layers share one. Safe for many threads.
 */
final class DnnDevice {

    private static final Map<CudaContext, DnnDevice> DEVICES = new ConcurrentHashMap<>();

    private final CudaContext context;
    /** Not in use at the moment; one that describes or makes plans must not be another thread's at the time. */
    private final Queue<DnnHandle> handles = new ConcurrentLinkedQueue<>();
    private final GraphTimer timer;
    private final PlanStore store;
    private final Map<String, GraphPlans> plans = new ConcurrentHashMap<>();

    private DnnDevice(CudaContext context) {
        this.context = context;
        context.makeCurrent();
        timer = new GraphTimer(context.openStream());
        store = new PlanStore((context.device().name() + "-cudnn" + JCudnn.cudnnGetVersion()).replaceAll("[^A-Za-z0-9.]+", "-"));
    }

    /** cuDNN on the context's GPU; it stays open as long as the process. */
    static DnnDevice of(CudaContext context) {
        CudaLibraries.require(CudaLibraries.Library.CUDNN);
        return DEVICES.computeIfAbsent(context, DnnDevice::new);
    }

    CudaContext context() {
        return context;
    }

    /** Works with a handle that no other thread uses meanwhile; handles stay open as long as the process, for the plans made with them. */
    <T> T withHandle(Function<DnnHandle, T> work) {
        DnnHandle free = handles.poll();
        DnnHandle handle = free != null ? free : DnnHandle.of(context.openStream());
        try {
            return work.apply(handle);
        } finally {
            handles.add(handle);
        }
    }

    GraphTimer timer() {
        return timer;
    }

    PlanStore store() {
        return store;
    }

    /**
     * The fastest plan of a graph that is known from memory, disk or the trials made now; where nothing is, the first that cuDNN recommends.
     *
     * @param refused notes of engines that must not be taken
     * @param constants which of the recommended engine configurations may be timed, and what was settled on before
     * @throws io.firesteel.FiresteelException with the code {@link io.firesteel.backend.Tactic#UNSUPPORTED} where no engine computes the graph
     */
    ExecutionPlan plan(DnnGraph graph, Set<EngineConfiguration.Note> refused, Constants constants) {
        context.makeCurrent();
        String signature = graph.signature() + (refused.contains(EngineConfiguration.Note.TENSOR_CORE) ? "-strict" : "");
        GraphPlans known = plans.computeIfAbsent(signature, s -> new GraphPlans(this, graph, s, refused));
        return withHandle(handle -> known.plan(handle, constants));
    }
}
