package io.firesteel.backend.cuda.driver;

import io.firesteel.backend.Launch;
import java.util.List;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/**
 * Launches that always run together, recorded as one CUDA graph. The first run launches them one by one, so that libraries can load
 * what they load on first use; the second records them.
 */
final class CudaGraph implements Launch {

    private final CudaStream stream;
    private final List<Launch> launches;
    private CUgraphExec executable;
    private boolean ran;

    CudaGraph(CudaStream stream, List<Launch> launches) {
        this.stream = stream;
        this.launches = List.copyOf(launches);
    }

    @Override
    public void run() {
        if (!ran) {
            launches.forEach(Launch::run);
            ran = true;
            return;
        }
        if (executable == null) {
            executable = record();
        }
        CudaStatus.check(JCudaDriver.cuGraphLaunch(executable, stream.handle()), "cuGraphLaunch");
    }

    private CUgraphExec record() {
        CUgraph graph = new CUgraph();
        CudaStatus.check(JCudaDriver.cuStreamBeginCapture(stream.handle(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
                "cuStreamBeginCapture");
        stream.record(true);
        try {
            launches.forEach(Launch::run);
        } catch (RuntimeException | Error e) {
            JCudaDriver.cuStreamEndCapture(stream.handle(), graph);
            throw e;
        } finally {
            stream.record(false);
        }
        CudaStatus.check(JCudaDriver.cuStreamEndCapture(stream.handle(), graph), "cuStreamEndCapture");
        try {
            CUgraphExec result = new CUgraphExec();
            CudaStatus.check(JCudaDriver.cuGraphInstantiate(result, graph, 0), "cuGraphInstantiate");
            return result;
        } finally {
            CudaStatus.check(JCudaDriver.cuGraphDestroy(graph), "cuGraphDestroy");
        }
    }

    @Override
    public void close() {
        if (executable != null) {
            stream.context().makeCurrent();
            CudaStatus.checkRelease(JCudaDriver.cuGraphExecDestroy(executable), "cuGraphExecDestroy");
            executable = null;
        }
    }
}
