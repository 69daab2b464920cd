package io.firesteel.backend.cuda.blas;

import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.CudaLayerFamily;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.backend.cuda.kernel.RecurrentSweep;
import io.firesteel.op.Recurrent;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import jcuda.jcublas.cublasComputeType;

/** Recurrent layers: cuBLAS multiplies the inputs of all steps and directions at once, one generated kernel takes all steps. */
public final class RecurrentLayers implements CudaLayerFamily {

    private static final int CLUSTERS_SINCE = 9;

    /** Cost beside that of one launch a step, and what each further way is thought to cost more. */
    private static final double LIKELY = 0.5;
    private static final double LATER = 0.01;

    /** Found through {@link java.util.ServiceLoader}. */
    public RecurrentLayers() { }

    @Override
    public Offer offer(Layer layer, CudaContext context) {
        if (!(layer.operator() instanceof Recurrent.LSTM || layer.operator() instanceof Recurrent.GRU
                || layer.operator() instanceof Recurrent.RNN)) {
            return CudaLayerFamily.notMine();
        }
        if (context.device().major() < CLUSTERS_SINCE) {
            return Offer.none("recurrent layers take all steps in one launch since compute capability 9.0");
        }
        List<Tactic> tactics = new ArrayList<>();
        for (RecurrentSweep sweep : RecurrentSweep.of(layer)) {
            tactics.add(new RecipeTactic("cublas+" + sweep.name(), sweep.inputs(), sweep.outputs(),
                    (operands, constants) -> new SweepKernel(sweep, layer, sweep.kernel(context))).precision(sweep.precision())
                    .cost(bytes(sweep) * (LIKELY + LATER * tactics.size())));
        }
        return tactics.isEmpty() ? Offer.none("the weights of the recurrence do not fit into the registers of a cluster")
                : Offer.of(tactics);
    }

    private static double bytes(RecurrentSweep sweep) {
        return Stream.of(sweep.inputs(), sweep.outputs()).flatMap(Arrays::stream).filter(Objects::nonNull)
                .mapToDouble(TensorLayout::bytes).sum();
    }

    /** The product into scratch memory, then all steps. */
    private record SweepKernel(RecurrentSweep sweep, Layer layer, Kernel steps) implements Kernel {

        private static final int ALIGNMENT = 256;

        private long productBytes() {
            long bytes = sweep.productRows() * sweep.productColumns() * Float.BYTES;
            return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }

        @Override
        public String implementation() {
            return "cublasGemmEx + " + steps.implementation();
        }

        @Override
        public long scratchBytes() {
            return productBytes() + steps.scratchBytes();
        }

        @Override
        public Launch bind(io.firesteel.backend.Stream stream, long[] inputs, long[] outputs, long scratch) {
            DataType type = sweep.inputs()[0].dataType();
            BatchedProduct product = new BatchedProduct(sweep.productRows(), sweep.productColumns(), layer.inputSizes(0)[2], false, true, 1,
                    0, 0, List.of(new long[3]));
            Launch first = new ProductLaunch(BlasHandle.of((CudaStream) stream).handle(), product, ProductLaunch.code(type),
                    ProductLaunch.code(DataType.FLOAT32), cublasComputeType.CUBLAS_COMPUTE_32F, inputs[0], inputs[1], scratch);
            long[] operands = inputs.clone();
            operands[0] = scratch;
            return Launch.sequence(List.of(first, steps.bind(stream, operands, outputs, scratch + productBytes())));
        }

        @Override
        public void close() {
            steps.close();
        }
    }
}
