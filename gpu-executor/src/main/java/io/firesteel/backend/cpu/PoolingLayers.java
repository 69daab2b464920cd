package io.firesteel.backend.cpu;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.Poolings;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.backend.cpu.onednn.Window;
import io.firesteel.op.Operator;
import io.firesteel.op.Pooling;
import io.firesteel.op.PoolingWindow;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Pooling over windows and over whole planes. */
final class PoolingLayers implements LayerFamily {

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        return Map.of(
                Pooling.MaxPool.class, (layer, target) -> layer.hasOutput(1)
                        ? Offer.none("the CPU backend does not find the positions of the largest elements")
                        : windowed(layer, target, ((Pooling.MaxPool) layer.operator()).window(), Poolings.Pool.MAX),
                Pooling.AveragePool.class, (layer, target) -> {
                    Pooling.AveragePool op = (Pooling.AveragePool) layer.operator();
                    return windowed(layer, target, op.window(),
                            op.countIncludePad() ? Poolings.Pool.AVERAGE_WITH_PADDING : Poolings.Pool.AVERAGE);
                },
                Pooling.GlobalAveragePool.class, (layer, target) -> global(layer, target, Poolings.Pool.AVERAGE),
                Pooling.GlobalMaxPool.class, (layer, target) -> global(layer, target, Poolings.Pool.MAX));
    }

    private static Offer windowed(Layer layer, Target target, PoolingWindow window, Poolings.Pool pool) {
        return window(layer, window, pool == Poolings.Pool.AVERAGE_WITH_PADDING)
                .map(w -> offer(layer, target, pool, Sizes.of(window.kernel()), w))
                .orElseGet(() -> Offer.none("oneDNN counts the part of a window beyond the padding"));
    }

    /**
     * A window as oneDNN takes it, whose padding reaches as far as the last result needs.
     *
     * @param countsPadding whether padding counts as zeros
     * @return empty where it would count what is beyond the padding
     */
    static Optional<Window> window(Layer layer, PoolingWindow window, boolean countsPadding) {
        long[] in = layer.inputSizes(0);
        long[] out = layer.outputSizes(0);
        long[] ends = Sizes.of(window.padsEnd());
        boolean overhangs = false;
        for (int i = 0; i < ends.length; i++) {
            long needed = (out[i + 2] - 1) * window.strides().get(i) + window.reach(i) - in[i + 2] - window.padsBegin().get(i);
            overhangs |= needed > ends[i];
            ends[i] = Math.max(ends[i], needed);
        }
        return overhangs && countsPadding ? Optional.empty()
                : Optional.of(new Window(Sizes.of(window.strides()), Sizes.of(window.dilations()), Sizes.of(window.padsBegin()), ends));
    }

    private static Offer global(Layer layer, Target target, Poolings.Pool pool) {
        long[] in = layer.inputSizes(0);
        return offer(layer, target, pool, Arrays.copyOfRange(in, 2, in.length), Window.uniform(in.length - 2, 1, 0));
    }

    private static Offer offer(Layer layer, Target target, Poolings.Pool pool, long[] kernel, Window window) {
        DataType type = layer.input(0).dataType();
        boolean bytes = pool == Poolings.Pool.MAX && (type == DataType.INT8 || type == DataType.UINT8);
        if (type != DataType.FLOAT32 && !bytes || kernel.length < 1 || kernel.length > 3) {
            return Offer.none("the CPU backend pools fp32 tensors, and the largest of bytes, with one to three spatial axes");
        }
        DataType compute = bytes ? type : target.compute(layer);
        List<Tactic> tactics = new ArrayList<>();
        for (TensorFormat format : List.of(target.blocked(), TensorFormat.HWC, TensorFormat.LINEAR)) {
            TensorLayout source = Target.layout(layer.input(0), format, compute);
            TensorLayout destination = Target.layout(layer.output(0), format, compute);
            Optional<String> implementation = Primitive.implementation(() ->
                    Poolings.pool(pool, Target.desc(source), Target.desc(destination), kernel, window, List.of()));
            if (implementation.isEmpty() || !implementation.get().startsWith("jit") && !(format == TensorFormat.LINEAR && tactics.isEmpty())) {
                continue;
            }
            TensorLayout[] outputs = new TensorLayout[layer.outputCount()];
            outputs[0] = destination;
            tactics.add(new RecipeTactic(implementation.get() + ":" + format, new TensorLayout[] {source}, outputs,
                    (operands, constants) -> new StagedKernel(stage(pool, operands, kernel, window)))
                    .precision(Target.precision(compute))
                    .cost(format == TensorFormat.LINEAR ? source.bytes() * 4.0 : source.bytes())
                    .blockSlices());
        }
        return tactics.isEmpty() ? Offer.none("oneDNN has no fast kernel for this pooling") : Offer.of(tactics);
    }

    private static Stage stage(Poolings.Pool pool, Operands operands, long[] kernel, Window window) {
        TensorLayout source = operands.inputs().get(0);
        TensorLayout destination = operands.outputs().get(0);
        List<Stage.Place> places = List.of(Stage.Place.input(0), Stage.Place.output(0));
        if (!source.isSlice() && !destination.isSlice()) {
            return new PrimitiveStage(Poolings.pool(pool, Target.desc(source), Target.desc(destination), kernel, window, List.of()), places);
        }
        return new PerImageStage(Poolings.pool(pool, Target.desc(oneImage(source)), Target.desc(oneImage(destination)), kernel, window,
                List.of()), places, List.of(imageBytes(source), imageBytes(destination)), (int) source.sizes()[0]);
    }

    private static TensorLayout oneImage(TensorLayout layout) {
        long[] sizes = layout.sizes();
        sizes[0] = 1;
        return TensorLayout.of(TensorType.of(layout.dataType(), sizes), layout.format());
    }

    private static long imageBytes(TensorLayout layout) {
        return layout.strides()[0] * layout.dataType().bytes();
    }
}
