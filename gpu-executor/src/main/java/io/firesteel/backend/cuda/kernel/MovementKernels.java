package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.op.Conversions;
import io.firesteel.op.Movement;
import io.firesteel.op.Operator;
import io.firesteel.op.Rearrangement;
import io.firesteel.op.Slicing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Operators that only move elements: each is one or more strided copies. */
final class MovementKernels implements KernelFamily {

    /** The copies of one step in its settled layouts. */
    @FunctionalInterface
    private interface Copies {
        List<StridedCopy> of(Layer layer, Operands operands);
    }

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        Map<Class<? extends Operator>, LayerOffer> offers = new HashMap<>();
        offers.put(Movement.Transpose.class, MovementKernels::transposed);
        offers.put(Movement.ReverseAxes.class, copies("transpose", MovementKernels::reverseAxes));
        offers.put(Movement.Expand.class, copies("expand", MovementKernels::expand));
        offers.put(Movement.DynamicExpand.class, copies("expand", MovementKernels::expand));
        offers.put(Movement.Tile.class, copies("tile", MovementKernels::tile));
        offers.put(Movement.DynamicTile.class, copies("tile", MovementKernels::tile));
        offers.put(Slicing.Slice.class, copies("slice", MovementKernels::slice));
        offers.put(Movement.Concat.class, MovementKernels::concat);
        offers.put(Movement.Split.class, copies("split", MovementKernels::split));
        offers.put(Movement.EvenSplit.class, copies("split", MovementKernels::split));
        offers.put(Movement.DynamicSplit.class, copies("split", MovementKernels::split));
        offers.put(Rearrangement.DepthToSpace.class, copies("depthToSpace", MovementKernels::depthToSpace));
        offers.put(Rearrangement.SpaceToDepth.class, copies("spaceToDepth", MovementKernels::spaceToDepth));
        offers.put(Conversions.BitCast.class, copies("bitCast", MovementKernels::bitCast));
        return offers;
    }

    private static LayerOffer copies(String name, Copies copies) {
        return (layer, target) -> {
            TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
            inputs[0] = CudaTypes.layout(layer, layer.input(0), TensorFormat.LINEAR);
            TensorLayout[] outputs = new TensorLayout[layer.outputCount()];
            for (int i = 0; i < outputs.length; i++) {
                outputs[i] = layer.hasOutput(i) ? CudaTypes.layout(layer, layer.output(i), TensorFormat.LINEAR) : null;
            }
            if (layer.operator() instanceof Conversions.BitCast) {
                inputs[0] = TensorLayout.linear(layer.input(0));
                outputs[0] = TensorLayout.linear(layer.output(0));
            }
            return Offer.of(tactic(name, layer, target, inputs, outputs, copies));
        };
    }

    private static KernelSequence sequence(List<StridedCopy> copies) {
        return new KernelSequence(copies.stream().filter(c -> Sizes.product(c.sizes()) > 0).map(StridedCopy::call).toList(), 0);
    }

    private static Tactic tactic(String name, Layer layer, KernelTarget target, TensorLayout[] inputs, TensorLayout[] outputs,
            Copies copies) {
        return target.tactic(name, inputs, outputs, (operands, constants) -> sequence(copies.of(layer, operands)))
                .precision(CudaTypes.precision(layer)).slices(i -> true, i -> true);
    }

    /** Channels moved to the end or back: the memory is the same where they are innermost on the other side. */
    private static Offer transposed(Layer layer, KernelTarget target) {
        Offer copies = copies("transpose", MovementKernels::transpose).offer(layer, target);
        List<Long> perm = ((Movement.Transpose) layer.operator()).perm();
        int rank = perm.size();
        List<Long> last = new ArrayList<>(LongStream.range(0, rank).boxed().toList());
        if (rank < 3 || !layer.isVariable(0)) {
            return copies;
        }
        last.add(last.remove(1));
        List<Long> first = new ArrayList<>(LongStream.range(0, rank).boxed().toList());
        first.add(1, first.remove(rank - 1));
        List<Tactic> tactics = new ArrayList<>(copies.tactics());
        if (perm.equals(last)) {
            tactics.add(view(layer, target, TensorFormat.HWC, TensorFormat.LINEAR));
        }
        if (perm.equals(first)) {
            tactics.add(view(layer, target, TensorFormat.LINEAR, TensorFormat.HWC));
        }
        return Offer.of(tactics);
    }

    private static Tactic view(Layer layer, KernelTarget target, TensorFormat from, TensorFormat to) {
        return target.tactic("transpose:" + from + ">" + to, new TensorLayout[] {CudaTypes.layout(layer, layer.input(0), from)},
                new TensorLayout[] {CudaTypes.layout(layer, layer.output(0), to)}, (operands, constants) -> {
                    throw new IllegalStateException("a view has no kernel");
                }).precision(CudaTypes.precision(layer)).viewOf(0).cost(0);
    }

    private static StridedCopy copy(Operands operands, long[] sizes, long[] from, long fromOffset, long[] to, long toOffset) {
        TensorLayout in = operands.inputs().get(0);
        TensorLayout out = operands.outputs().get(0);
        return new StridedCopy(sizes, from, to, Argument.input(0).plus(fromOffset * in.dataType().bytes()), in.dataType(),
                Argument.output(0).plus(toOffset * out.dataType().bytes()), out.dataType(), in.isSlice() || out.isSlice());
    }

    private static List<StridedCopy> transpose(Layer layer, Operands operands) {
        List<Long> perm = ((Movement.Transpose) layer.operator()).perm();
        long[] strides = operands.inputs().get(0).strides();
        long[] from = perm.stream().mapToLong(p -> strides[p.intValue()]).toArray();
        TensorLayout out = operands.outputs().get(0);
        return List.of(copy(operands, out.sizes(), from, 0, out.strides(), 0));
    }

    private static List<StridedCopy> reverseAxes(Layer layer, Operands operands) {
        long[] strides = operands.inputs().get(0).strides();
        long[] from = new long[strides.length];
        for (int i = 0; i < from.length; i++) {
            from[i] = strides[from.length - 1 - i];
        }
        TensorLayout out = operands.outputs().get(0);
        return List.of(copy(operands, out.sizes(), from, 0, out.strides(), 0));
    }

    private static List<StridedCopy> expand(Layer layer, Operands operands) {
        TensorLayout out = operands.outputs().get(0);
        long[] sizes = out.sizes();
        return List.of(copy(operands, sizes, PointwiseSource.broadcastStrides(operands.inputs().get(0), sizes.length), 0,
                out.strides(), 0));
    }

    private static List<StridedCopy> tile(Layer layer, Operands operands) {
        TensorLayout in = operands.inputs().get(0);
        TensorLayout out = operands.outputs().get(0);
        int rank = in.sizes().length;
        long[] sizes = new long[2 * rank];
        long[] from = new long[2 * rank];
        long[] to = new long[2 * rank];
        for (int i = 0; i < rank; i++) {
            long size = in.sizes()[i];
            sizes[2 * i] = size == 0 ? 0 : out.sizes()[i] / size;
            sizes[2 * i + 1] = size;
            to[2 * i] = out.strides()[i] * size;
            to[2 * i + 1] = out.strides()[i];
            from[2 * i + 1] = in.strides()[i];
        }
        return List.of(copy(operands, sizes, from, 0, to, 0));
    }

    private static List<StridedCopy> slice(Layer layer, Operands operands) {
        Slicing.Slice op = (Slicing.Slice) layer.operator();
        TensorLayout in = operands.inputs().get(0);
        TensorLayout out = operands.outputs().get(0);
        long[] from = in.strides();
        long offset = 0;
        for (int i = 0; i < op.axes().size(); i++) {
            int axis = Sizes.axis(op.axes().get(i), from.length);
            long step = op.steps().get(i);
            offset += Slicing.firstOf(op.starts().get(i), step, in.sizes()[axis]) * from[axis];
            from[axis] *= step;
        }
        return List.of(copy(operands, out.sizes(), from, offset, out.strides(), 0));
    }

    private static List<StridedCopy> bitCast(Layer layer, Operands operands) {
        TensorLayout out = operands.outputs().get(0);
        return List.of(new StridedCopy(out.sizes(), operands.inputs().get(0).strides(), out.strides(), Argument.input(0),
                out.dataType(), Argument.output(0), out.dataType(), false));
    }

    private static Offer concat(Layer layer, KernelTarget target) {
        int rank = layer.output(0).shape().rank();
        int axis = Sizes.axis(((Movement.Concat) layer.operator()).axis(), rank);
        List<Tactic> tactics = new ArrayList<>();
        for (TensorFormat format : rank >= 3 ? List.of(TensorFormat.HWC, TensorFormat.LINEAR) : List.of(TensorFormat.LINEAR)) {
            TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
            for (int i = 0; i < inputs.length; i++) {
                inputs[i] = CudaTypes.layout(layer, layer.input(i), format);
            }
            TensorLayout[] outputs = {CudaTypes.layout(layer, layer.output(0), format)};
            tactics.add(target.tactic("concat:" + format, inputs, outputs, (operands, constants) ->
                    JoinedCopy.call(operands.inputs(), operands.outputs().get(0), axis).map(KernelSequence::of)
                            .orElseGet(() -> sequence(joined(operands, axis))))
                    .precision(CudaTypes.precision(layer)).slices(s -> true, s -> true));
        }
        return Offer.of(tactics);
    }

    private static List<StridedCopy> joined(Operands operands, int axis) {
        TensorLayout out = operands.outputs().get(0);
        List<StridedCopy> copies = new ArrayList<>();
        long start = 0;
        for (int i = 0; i < operands.inputs().size(); i++) {
            TensorLayout in = operands.inputs().get(i);
            copies.add(new StridedCopy(in.sizes(), in.strides(), out.strides(), Argument.input(i), in.dataType(),
                    Argument.output(0).plus(start * out.strides()[axis] * out.dataType().bytes()), out.dataType(),
                    in.isSlice() || out.isSlice()));
            start += in.sizes()[axis];
        }
        return copies;
    }

    private static long splitAxis(Operator operator) {
        return operator instanceof Movement.Split s ? s.axis()
                : operator instanceof Movement.EvenSplit e ? e.axis() : ((Movement.DynamicSplit) operator).axis();
    }

    private static List<StridedCopy> split(Layer layer, Operands operands) {
        TensorLayout in = operands.inputs().get(0);
        long[] sizes = in.sizes();
        int axis = Sizes.axis(splitAxis(layer.operator()), sizes.length);
        List<Long> known = layer.operator() instanceof Movement.Split s ? s.sizes()
                : layer.operator() instanceof Movement.EvenSplit e ? e.sizes(sizes[axis]) : null;
        List<StridedCopy> copies = new ArrayList<>();
        long start = 0;
        for (int i = 0; i < layer.outputCount(); i++) {
            TensorLayout out = operands.outputs().get(i);
            if (out != null) {
                copies.add(new StridedCopy(out.sizes(), in.strides(), out.strides(),
                        Argument.input(0).plus(start * in.strides()[axis] * in.dataType().bytes()), in.dataType(),
                        Argument.output(i), out.dataType(), in.isSlice() || out.isSlice()));
            }
            start += known != null ? known.get(i) : layer.constant(1).orElseThrow().getLong(i);
        }
        return copies;
    }

    private static List<StridedCopy> depthToSpace(Layer layer, Operands operands) {
        Rearrangement.DepthToSpace op = (Rearrangement.DepthToSpace) layer.operator();
        return List.of(blocks(operands, operands.outputs().get(0), operands.inputs().get(0), op.blockSize(), op.columnRowDepth(),
                true));
    }

    private static List<StridedCopy> spaceToDepth(Layer layer, Operands operands) {
        long block = ((Rearrangement.SpaceToDepth) layer.operator()).blockSize();
        return List.of(blocks(operands, operands.inputs().get(0), operands.outputs().get(0), block, false, false));
    }

    /** The copy between an image and its depth form; axes are image, channel, row, row in block, column, column in block. */
    private static StridedCopy blocks(Operands operands, TensorLayout image, TensorLayout depth, long b, boolean columnRowDepth,
            boolean toImage) {
        long[] n = image.sizes();
        long[] s = image.strides();
        long[] d = depth.strides();
        long[] sizes = {n[0], n[1], n[2] / b, b, n[3] / b, b};
        long[] inImage = {s[0], s[1], s[2] * b, s[2], s[3] * b, s[3]};
        long[] inDepth = columnRowDepth ? new long[] {d[0], d[1] * b * b, d[2], d[1] * b, d[3], d[1]}
                : new long[] {d[0], d[1], d[2], d[1] * b * n[1], d[3], d[1] * n[1]};
        return toImage ? copy(operands, sizes, inDepth, 0, inImage, 0) : copy(operands, sizes, inImage, 0, inDepth, 0);
    }
}
