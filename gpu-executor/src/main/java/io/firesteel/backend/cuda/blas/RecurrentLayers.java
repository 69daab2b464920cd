package io.firesteel.backend.cuda.blas;

import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.CudaLayerFamily;
import io.firesteel.backend.cuda.RowPadding;
import io.firesteel.backend.cuda.dnn.WeightForm;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaFunction;
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
    private static final int WEIGHTS = 1;

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
            TensorLayout[] inputs = sweep.inputs();
            boolean padded = isPadded(layer);
            if (padded) {
                inputs[WEIGHTS] = null;
            }
            tactics.add(new RecipeTactic("cublas+" + sweep.name() + (padded ? ":padded" : ""), inputs, sweep.outputs(),
                    (operands, constants) -> new SweepKernel(context, sweep, layer, padded ? padded(layer, inputs[0].dataType())
                            .of(layer.constant(WEIGHTS).orElseThrow(), constants, context) : 0)).precision(sweep.precision())
                    .cost(bytes(sweep) * (LIKELY + LATER * tactics.size())));
        }
        return tactics.isEmpty() ? Offer.none("the weights of the recurrence do not fit into the registers of a cluster")
                : Offer.of(tactics);
    }

    /** Whether rows of the inputs do not begin where vectors do, and rows of the weights can be made so once. */
    private static boolean isPadded(Layer layer) {
        return RowPadding.isNeeded(layer.inputSizes(0)[2]) && layer.constant(WEIGHTS).isPresent();
    }

    private static WeightForm padded(Layer layer, DataType type) {
        long[] sizes = layer.inputSizes(WEIGHTS);
        return new WeightForm(type, List.of(WeightForm.Axis.of(sizes[0] * sizes[1], sizes[0] * sizes[1], sizes[2]),
                WeightForm.Axis.of(RowPadding.padded(sizes[2]), sizes[2], 1)));
    }

    private static double bytes(RecurrentSweep sweep) {
        return Stream.of(sweep.inputs(), sweep.outputs()).flatMap(Arrays::stream).filter(Objects::nonNull)
                .mapToDouble(TensorLayout::bytes).sum();
    }

    /** The product into scratch memory, then all steps. */
    private static final class SweepKernel implements Kernel {

        private static final int ALIGNMENT = 256;

        private final RecurrentSweep sweep;
        private final Kernel steps;
        private final long weights;
        private final RowPadding padding;
        private final CudaFunction pad;

        /** @param weights of the inputs in padded rows, or 0 where they are used as they are */
        SweepKernel(CudaContext context, RecurrentSweep sweep, Layer layer, long weights) {
            this.sweep = sweep;
            this.steps = sweep.kernel(context);
            this.weights = weights;
            this.padding = new RowPadding(sweep.inputs()[0].dataType(), sweep.productRows(), layer.inputSizes(0)[2]);
            this.pad = weights == 0 ? null : padding.compile(context);
        }

        private long productBytes() {
            return Sizes.roundUp(sweep.productRows() * sweep.productColumns() * Float.BYTES, ALIGNMENT);
        }

        private long paddingBytes() {
            return weights == 0 ? 0 : Sizes.roundUp(padding.bytes(), ALIGNMENT);
        }

        @Override
        public String implementation() {
            return "cublasGemmEx + " + steps.implementation();
        }

        @Override
        public long scratchBytes() {
            return productBytes() + paddingBytes() + steps.scratchBytes();
        }

        @Override
        public Launch bind(io.firesteel.backend.Stream stream, long[] inputs, long[] outputs, long scratch) {
            CudaStream cuda = (CudaStream) stream;
            List<Launch> launches = new ArrayList<>();
            long rows = inputs[0];
            if (weights != 0) {
                rows = scratch + productBytes();
                launches.add(padding.bind(pad, cuda, inputs[0], rows));
            }
            BatchedProduct product = new BatchedProduct(sweep.productRows(), sweep.productColumns(),
                    weights == 0 ? padding.columns() : padding.padded(), false, true, 1, 0, 0, List.of(new long[3]));
            launches.add(new ProductLaunch(BlasHandle.of(cuda).handle(), product, ProductLaunch.code(padding.type()),
                    ProductLaunch.code(DataType.FLOAT32), cublasComputeType.CUBLAS_COMPUTE_32F, rows,
                    weights == 0 ? inputs[WEIGHTS] : weights, scratch));
            long[] operands = inputs.clone();
            operands[0] = scratch;
            launches.add(steps.bind(stream, operands, outputs, scratch + productBytes() + paddingBytes()));
            return Launch.sequence(launches);
        }

        @Override
        public void close() {
            steps.close();
        }
    }
}
