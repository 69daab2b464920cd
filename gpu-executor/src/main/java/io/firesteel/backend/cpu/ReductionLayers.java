package io.firesteel.backend.cpu;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.Poolings;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.backend.cpu.onednn.Window;
import io.firesteel.op.Operator;
import io.firesteel.op.Reduction;
import io.firesteel.op.Reductions;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Reductions: over whole planes as pooling, which reads any format, else over neighbouring axes of row-major tensors. */
final class ReductionLayers implements LayerFamily {

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        // oneDNN's largest and smallest start from the largest finite number, which is wrong for rows of infinities.
        return Map.of(
                Reductions.ReduceMean.class, (layer, target) -> offer(layer, target, Poolings.Reduction.MEAN),
                Reductions.ReduceSum.class, (layer, target) -> offer(layer, target, Poolings.Reduction.SUM));
    }

    private static Offer offer(Layer layer, Target target, Poolings.Reduction kind) {
        long[] in = layer.inputSizes(0);
        List<Long> named = ((Reduction) layer.operator()).axes();
        if (layer.input(0).dataType() != DataType.FLOAT32 || layer.isVariable(1) || Sizes.product(in) == 0 || in.length == 0
                || named.isEmpty()) {
            return Offer.none("the CPU backend reduces fp32 tensors over given axes");
        }
        boolean[] reduced = new boolean[in.length];
        named.forEach(a -> reduced[(int) (a < 0 ? a + in.length : a)] = true);
        int first = 0;
        while (!reduced[first]) {
            first++;
        }
        int end = first;
        while (end < in.length && reduced[end]) {
            end++;
        }
        for (int i = end; i < in.length; i++) {
            if (reduced[i]) {
                return Offer.none("the CPU backend reduces neighbouring axes only");
            }
        }
        DataType compute = target.compute(layer);
        List<Tactic> tactics = new ArrayList<>();
        if (first == 2 && end == in.length && in.length <= 5
                && kind == Poolings.Reduction.MEAN) {
            planes(layer, target, Poolings.Pool.AVERAGE, tactics);
        }
        long outer = Sizes.product(in, 0, first);
        long along = Sizes.product(in, first, end);
        long inner = Sizes.product(in, end, in.length);
        ElementType type = Target.elementType(compute).orElseThrow();
        MemoryDesc source = inner == 1 ? MemoryDesc.rowMajor(type, outer, along) : MemoryDesc.rowMajor(type, outer, along, inner);
        MemoryDesc result = inner == 1 ? MemoryDesc.rowMajor(type, outer, 1) : MemoryDesc.rowMajor(type, outer, 1, inner);
        add(layer, compute, "reduce", Target.layout(layer.input(0), TensorFormat.LINEAR, compute),
                Target.layout(layer.output(0), TensorFormat.LINEAR, compute),
                () -> Poolings.reduce(kind, source, result, List.of()), tactics);
        return tactics.isEmpty() ? Offer.none("oneDNN has no fast kernel for this reduction") : Offer.of(tactics);
    }

    private static void planes(Layer layer, Target target, Poolings.Pool pool, List<Tactic> tactics) {
        DataType compute = target.compute(layer);
        long[] in = layer.inputSizes(0);
        long[] kernel = Arrays.copyOfRange(in, 2, in.length);
        long[] ones = new long[in.length];
        Arrays.fill(ones, 1);
        ones[0] = in[0];
        ones[1] = in[1];
        for (TensorFormat format : List.of(target.blocked(), TensorFormat.HWC)) {
            // Without spatial axes a result in HWC, or in whole blocks, lies in memory as a row-major one does.
            if (format.isBlocked() && in[1] % format.block() != 0) {
                continue;
            }
            TensorLayout source = Target.layout(layer.input(0), format, compute);
            MemoryDesc pooled = Target.desc(TensorLayout.of(
                    TensorType.of(compute, ones), format));
            add(layer, compute, "reduce:" + format, source, Target.layout(layer.output(0), TensorFormat.LINEAR, compute),
                    () -> Poolings.pool(pool, Target.desc(source), pooled, kernel, Window.uniform(kernel.length, 1, 0), List.of()),
                    tactics);
        }
    }

    private static void add(Layer layer, DataType compute, String name, TensorLayout source, TensorLayout result,
            Supplier<Primitive> primitive, List<Tactic> tactics) {
        Primitive.implementation(primitive).ifPresent(implementation -> {
            TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
            inputs[0] = source;
            tactics.add(new RecipeTactic(name + ":" + implementation, inputs, new TensorLayout[] {result},
                    (operands, constants) -> new StagedKernel(new PrimitiveStage(primitive.get(),
                            List.of(Stage.Place.input(0), Stage.Place.output(0)))))
                    .precision(Target.precision(compute))
                    .cost(source.bytes()));
        });
    }
}
