package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Trials;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.backend.cuda.linkage.CudaLibraries;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import jcuda.jcudnn.JCudnn;

/**
 * cuDNN on one GPU. Plans are kept as long as the process, as compiled kernels are, and equal layers share one. Safe for many threads.
 */
final class DnnDevice {

    private static final Map<CudaContext, DnnDevice> DEVICES = new ConcurrentHashMap<>();

    private final CudaContext context;
    private final DnnHandle handle;
    private final GraphTimer timer;
    private final PlanStore store;
    private final Map<String, GraphPlans> plans = new ConcurrentHashMap<>();

    private DnnDevice(CudaContext context) {
        this.context = context;
        context.makeCurrent();
        CudaStream stream = context.openStream();
        handle = DnnHandle.of(stream);
        timer = new GraphTimer(stream);
        store = new PlanStore((context.device().name() + "-cudnn" + JCudnn.cudnnGetVersion()).replaceAll("[^A-Za-z0-9.]+", "-"), handle);
    }

    /** cuDNN on the context's GPU; it stays open as long as the process. */
    static DnnDevice of(CudaContext context) {
        CudaLibraries.require(CudaLibraries.Library.CUDNN);
        return DEVICES.computeIfAbsent(context, DnnDevice::new);
    }

    CudaContext context() {
        return context;
    }

    DnnHandle handle() {
        return handle;
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
     * @param trials which of the recommended engine configurations may be timed
     * @throws io.firesteel.FiresteelException with the code {@link DnnStatus#UNSUPPORTED} where no engine computes the graph
     */
    ExecutionPlan plan(DnnGraph graph, Set<EngineConfiguration.Note> refused, Trials trials) {
        context.makeCurrent();
        String signature = graph.signature() + (refused.contains(EngineConfiguration.Note.TENSOR_CORE) ? "-strict" : "");
        return plans.computeIfAbsent(signature, s -> new GraphPlans(this, graph, s, refused)).plan(trials);
    }
}
