package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Kernel;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.tensor.DataType;
import java.util.List;

/** Pointwise programs as kernels for other families: what follows a library's call in one pass over memory. */
public final class FusedPointwise {

    private FusedPointwise() { }

    /**
     * Why a program cannot be computed; empty where it can.
     *
     * @param types of its inputs, as the model has them
     */
    public static String refusal(PointwiseProgram program, List<DataType> types) {
        return new PointwiseExpression(program, types).refusal();
    }

    /**
     * A kernel whose inputs are the program's; the result may take the memory of an input that has its layout.
     *
     * @param types of the program's inputs, as the model has them
     * @param inputs how they lie in memory, each with axes that broadcast to the result's
     */
    public static Kernel kernel(CudaContext context, PointwiseProgram program, List<DataType> types, List<TensorLayout> inputs,
            TensorLayout output) {
        return new GeneratedKernel(context, "pointwise", KernelSequence.of(PointwiseSource.call(new PointwiseExpression(program, types),
                inputs, output)));
    }
}
