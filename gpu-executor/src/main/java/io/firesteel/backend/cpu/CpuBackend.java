package io.firesteel.backend.cpu;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Device;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Stream;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.Elementwise;
import io.firesteel.memory.NativeMemory;
import io.firesteel.op.Operator;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.plan.Precision;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The processor as a device. */
final class CpuBackend implements Backend {

    /** The most usual ones first: a family loads the classes of its operators, and is asked when no earlier one knows a layer's. */
    private static final List<LayerFamily> FAMILIES = List.of(new ConvolutionLayers(), new MatMulLayers(), new PoolingLayers(),
            new ReductionLayers(), new QuantizedLayers(), new QuantizationLayers(), new PointwiseLayers(), new NormalizationLayers(),
            new AttentionLayers(), new MovementLayers(), new ConditionLayers(), new GatedLayers(), new ResizeLayers());

    private final Device device;
    private final Target target = Target.current();
    private final Map<Class<? extends Operator>, LayerFamily.LayerOffer> offers = new HashMap<>();
    private int familiesAsked;

    CpuBackend(Device device) {
        this.device = device;
    }

    @Override
    public Device device() {
        return device;
    }

    @Override
    public Precision precision(Precision permitted) {
        boolean half = permitted == Precision.BF16 || permitted == Precision.FP16;
        return half && target.bf16() ? Precision.BF16 : Precision.FP32;
    }

    @Override
    public Offer offer(Layer layer) {
        LayerFamily.LayerOffer offer = offer(layer.operator().getClass());
        if (offer == null && layer.operator() instanceof PointwiseOperator operator) {
            return PointwiseLayers.offer(layer, target, operator);
        }
        if (offer == null) {
            return Offer.none("the CPU backend has no kernel for " + layer.operator().name());
        }
        return offer.offer(layer, target);
    }

    /** How layers of an operator are offered; null where no family has it. */
    private synchronized LayerFamily.LayerOffer offer(Class<? extends Operator> operator) {
        while (!offers.containsKey(operator) && familiesAsked < FAMILIES.size()) {
            offers.putAll(FAMILIES.get(familiesAsked++).offers());
        }
        return offers.get(operator);
    }

    @Override
    public Kernel reorder(TensorLayout from, TensorLayout to) {
        if (Target.elementType(from.dataType()).isPresent() && Target.elementType(to.dataType()).isPresent()) {
            return new StagedKernel(new PrimitiveStage(Elementwise.reorder(Target.desc(from), Target.desc(to)),
                    List.of(Stage.Place.input(0), Stage.Place.output(0))));
        }
        return ConversionKernel.between(from, to);
    }

    @Override
    public Stream openStream() {
        return new CpuStream();
    }

    @Override
    public Memory allocate(long bytes, MemoryUse use) {
        return NativeMemory.allocate(bytes);
    }

    @Override
    public Memory allocateHost(long bytes) {
        return NativeMemory.allocate(bytes);
    }

    @Override
    public void close() {}
}
