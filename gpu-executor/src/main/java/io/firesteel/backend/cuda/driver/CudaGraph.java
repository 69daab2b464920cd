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
    private final boolean takesTurns;
    private CUgraphExec executable;
    private boolean ran;

    /** @param takesTurns whether it does not run side by side with other such graphs of the GPU */
    CudaGraph(CudaStream stream, List<Launch> launches, boolean takesTurns) {
        this.stream = stream;
        this.launches = List.copyOf(launches);
        this.takesTurns = takesTurns;
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
        if (takesTurns) {
            stream.context().turns().take(stream, this::launch);
        } else {
            launch();
        }
    }

    private void launch() {
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
