package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.CudaLayerFamily;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.op.Operator;
import io.firesteel.op.PointwiseOperator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Kernels generated as CUDA C++ for the sizes and layouts of each layer and compiled at run time: they need no library and no
 * header file, accumulate in fp32, and keep fp32 tensors in memory in the precision of the layer.
 */
public final class GeneratedKernels implements CudaLayerFamily {

    private static final List<KernelFamily> FAMILIES = List.of(new PointwiseKernels(), new MovementKernels(), new IndexingKernels(),
            new GeneratorKernels(), new ReductionKernels(), new NormalizationKernels(), new ChannelKernels(), new OrderingKernels(),
            new PoolingKernels(), new ResizeKernels(), new AttentionKernels(), new ProductKernels(), new RecurrentKernels(),
            new QuantizationKernels());

    private static final Map<Class<? extends Operator>, KernelFamily.LayerOffer> OFFERS = new HashMap<>();

    static {
        FAMILIES.forEach(family -> OFFERS.putAll(family.offers()));
    }

    /** Found through {@link java.util.ServiceLoader}. */
    public GeneratedKernels() { }

    @Override
    public Offer offer(Layer layer, CudaContext context) {
        return offer(layer, target(context));
    }

    static Offer offer(Layer layer, KernelTarget target) {
        KernelFamily.LayerOffer offer = OFFERS.get(layer.operator().getClass());
        if (offer != null) {
            return offer.offer(layer, target);
        }
        return layer.operator() instanceof PointwiseOperator operator ? PointwiseKernels.offer(layer, target, operator)
                : CudaLayerFamily.notMine();
    }

    /** Converts between layouts and element types; see {@link io.firesteel.backend.Backend#reorder}. */
    public static Kernel reorder(CudaContext context, TensorLayout from, TensorLayout to) {
        return target(context).loader().load("reorder", reorder(from, to));
    }

    static KernelSequence reorder(TensorLayout from, TensorLayout to) {
        return KernelSequence.of(new StridedCopy(to.sizes(), from.strides(), to.strides(), Argument.input(0), from.dataType(),
                Argument.output(0), to.dataType(), from.isSlice() || to.isSlice()).call());
    }

    private static KernelTarget target(CudaContext context) {
        return new KernelTarget(context.device(), (name, sequence) -> new GeneratedKernel(context, name, sequence));
    }
}
