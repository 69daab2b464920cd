package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Stream;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.backend.cuda.driver.KernelArguments;
import java.util.List;

/** Compiled launches of one step. */
final class GeneratedKernel implements Kernel {

    private final String name;
    private final KernelSequence sequence;
    private final List<CudaFunction> functions;

    GeneratedKernel(CudaContext context, String name, KernelSequence sequence) {
        this.name = name;
        this.sequence = sequence;
        this.functions = sequence.calls().stream().map(c -> context.compile(c.entry(), c.text()).function(c.entry())).toList();
    }

    @Override
    public String implementation() {
        return "generated:" + name;
    }

    @Override
    public long scratchBytes() {
        return sequence.scratchBytes();
    }

    @Override
    public Launch bind(Stream stream, long[] inputs, long[] outputs, long scratch) {
        Launch[] launches = new Launch[functions.size()];
        for (int i = 0; i < launches.length; i++) {
            KernelCall call = sequence.calls().get(i);
            KernelArguments arguments = new KernelArguments();
            call.arguments().forEach(a -> arguments.pointer(a.address(inputs, outputs, scratch)));
            launches[i] = functions.get(i).bind((CudaStream) stream, new int[] {(int) call.gridX(), call.gridY(), call.gridZ()},
                    new int[] {call.threads()}, call.sharedBytes(), arguments);
        }
        return Launch.sequence(List.of(launches));
    }
}
