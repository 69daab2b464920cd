package io.firesteel.backend.cpu;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.op.Indexing;
import io.firesteel.op.Movement;
import io.firesteel.op.Operator;
import io.firesteel.op.Reshaping;
import io.firesteel.op.Slicing;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Operators that move elements of any type without changing them. */
final class MovementLayers implements LayerFamily {

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        Map<Class<? extends Operator>, LayerOffer> offers = new HashMap<>();
        for (Class<? extends Operator> reshape : List.of(Reshaping.Reshape.class, Reshaping.DynamicReshape.class,
                Reshaping.Flatten.class, Reshaping.Squeeze.class, Reshaping.DynamicSqueeze.class, Reshaping.Unsqueeze.class,
                Reshaping.DynamicUnsqueeze.class)) {
            offers.put(reshape, MovementLayers::view);
        }
        offers.put(Movement.Transpose.class, MovementLayers::transpose);
        offers.put(Movement.Concat.class, MovementLayers::concat);
        offers.put(Movement.Split.class, MovementLayers::split);
        offers.put(Movement.EvenSplit.class, MovementLayers::split);
        offers.put(Movement.Expand.class, MovementLayers::expand);
        offers.put(Movement.DynamicExpand.class, MovementLayers::expand);
        offers.put(Slicing.Slice.class, MovementLayers::slice);
        offers.put(Indexing.Gather.class, GatherKernel::offer);
        offers.put(Indexing.GatherND.class, GatherNdKernel::offer);
        return offers;
    }

    /** The layout of one tensor of the layer: fp32 in the element type of the computation, others as they are. */
    static TensorLayout linear(TensorType type, Layer layer, Target target) {
        return TensorLayout.linear(type.dataType() == DataType.FLOAT32 ? type.withDataType(target.compute(layer)) : type);
    }

    private static boolean isEmpty(Layer layer) {
        return Sizes.product(layer.outputSizes(0)) == 0;
    }

    private static Offer view(Layer layer, Target target) {
        if (layer.constant(0).isPresent()) {
            return Offer.none("the shape of a constant is given when the plan is made");
        }
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        inputs[0] = linear(layer.input(0), layer, target);
        TensorLayout[] outputs = {linear(layer.output(0), layer, target)};
        return Offer.of(new RecipeTactic("view", inputs, outputs, (operands, constants) -> {
            throw new IllegalStateException("a view has no kernel");
        }).precision(Target.precision(target.compute(layer))).viewOf(0));
    }

    private static RecipeTactic copies(String name, Layer layer, Target target, TensorLayout[] inputs, TensorLayout[] outputs,
            List<Copy> copies) {
        return new RecipeTactic(name, inputs, outputs, (operands, constants) -> new StagedKernel(copies.stream()
                .map(c -> StridedCopy.of(c.elementBytes, c.sizes, c.from, c.to, c.source, c.target)).toList(), 0))
                .precision(Target.precision(target.compute(layer)));
    }

    private record Copy(int elementBytes, long[] sizes, long[] from, long[] to, Stage.Place source, Stage.Place target) {}

    private static Offer transpose(Layer layer, Target target) {
        if (isEmpty(layer)) {
            return Offer.none("the result is empty");
        }
        TensorLayout in = linear(layer.input(0), layer, target);
        TensorLayout out = linear(layer.output(0), layer, target);
        List<Long> perm = ((Movement.Transpose) layer.operator()).perm();
        long[] strides = Sizes.strides(in.sizes());
        long[] from = new long[strides.length];
        for (int i = 0; i < from.length; i++) {
            from[i] = strides[perm.get(i).intValue()];
        }
        return one("transpose", layer, target, in, out, new Copy(in.dataType().bytes(), out.sizes(), from,
                Sizes.strides(out.sizes()), Stage.Place.input(0), Stage.Place.output(0)));
    }

    private static Offer expand(Layer layer, Target target) {
        if (isEmpty(layer)) {
            return Offer.none("the result is empty");
        }
        TensorLayout in = linear(layer.input(0), layer, target);
        TensorLayout out = linear(layer.output(0), layer, target);
        long[] sizes = out.sizes();
        long[] small = Sizes.ofRank(in.sizes(), sizes.length);
        long[] from = Sizes.strides(small);
        for (int i = 0; i < from.length; i++) {
            from[i] = small[i] == 1 ? 0 : from[i];
        }
        return one("expand", layer, target, in, out, new Copy(in.dataType().bytes(), sizes, from, Sizes.strides(sizes),
                Stage.Place.input(0), Stage.Place.output(0)));
    }

    private static Offer slice(Layer layer, Target target) {
        Slicing.Slice op = (Slicing.Slice) layer.operator();
        if (isEmpty(layer) || op.steps().stream().anyMatch(s -> s < 1)) {
            return Offer.none("the CPU backend slices forward and never to nothing");
        }
        TensorLayout in = linear(layer.input(0), layer, target);
        TensorLayout out = linear(layer.output(0), layer, target);
        long[] sizes = in.sizes();
        long[] from = Sizes.strides(sizes);
        long offset = 0;
        for (int i = 0; i < op.axes().size(); i++) {
            int axis = (int) (op.axes().get(i) < 0 ? op.axes().get(i) + sizes.length : op.axes().get(i));
            long start = op.starts().get(i) < 0 ? op.starts().get(i) + sizes[axis] : op.starts().get(i);
            offset += Math.min(Math.max(start, 0), sizes[axis]) * from[axis];
            from[axis] *= op.steps().get(i);
        }
        int bytes = in.dataType().bytes();
        return one("slice", layer, target, in, out, new Copy(bytes, out.sizes(), from, Sizes.strides(out.sizes()),
                Stage.Place.input(0).plus(offset * bytes), Stage.Place.output(0)));
    }

    private static Offer one(String name, Layer layer, Target target, TensorLayout in, TensorLayout out, Copy copy) {
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        inputs[0] = in;
        return Offer.of(copies(name, layer, target, inputs, new TensorLayout[] {out}, List.of(copy)));
    }

    private static Offer split(Layer layer, Target target) {
        int rank = layer.input(0).shape().rank();
        long named = layer.operator() instanceof Movement.Split s ? s.axis() : ((Movement.EvenSplit) layer.operator()).axis();
        int axis = (int) (named < 0 ? named + rank : named);
        for (int i = 0; i < layer.outputCount(); i++) {
            if (layer.hasOutput(i) && Sizes.product(layer.outputSizes(i)) == 0) {
                return Offer.none("a part is empty");
            }
        }
        List<Tactic> tactics = new ArrayList<>();
        if (axis == 1 && areBytesOfImages(layer, layer.input(0))) {
            tactics.add(split(layer, target, TensorFormat.HWC, axis, rank - 1));
        }
        tactics.add(split(layer, target, TensorFormat.LINEAR, axis, axis));
        return Offer.of(tactics);
    }

    /** @param place the axis in memory */
    private static Tactic split(Layer layer, Target target, TensorFormat format, int axis, int place) {
        TensorLayout in = inFormat(layer.input(0), layer, target, format);
        long[] sizes = in.sizes();
        long[] from = Sizes.strides(inMemory(in));
        int bytes = in.dataType().bytes();
        TensorLayout[] outputs = new TensorLayout[layer.outputCount()];
        List<Copy> copies = new ArrayList<>();
        long start = 0;
        for (int i = 0; i < outputs.length; i++) {
            long width;
            if (layer.hasOutput(i)) {
                outputs[i] = inFormat(layer.output(i), layer, target, format);
                width = layer.outputSizes(i)[axis];
                long[] part = inMemory(outputs[i]);
                copies.add(new Copy(bytes, part, from, Sizes.strides(part), Stage.Place.input(0).plus(start * from[place] * bytes),
                        Stage.Place.output(i)));
            } else if (layer.operator() instanceof Movement.Split s) {
                width = s.sizes().get(i);
            } else {
                long parts = ((Movement.EvenSplit) layer.operator()).parts();
                width = Math.min((sizes[axis] + parts - 1) / parts, sizes[axis] - start);
            }
            start += width;
        }
        return copies("split" + (format == TensorFormat.LINEAR ? "" : ":" + format), layer, target, new TensorLayout[] {in}, outputs, copies)
                .cost(2.0 * in.bytes());
    }

    /** Whether a tensor is one that layers on bytes keep with channels innermost. */
    private static boolean areBytesOfImages(Layer layer, TensorType type) {
        int rank = type.shape().rank();
        return type.dataType().bytes() == 1 && rank >= 3 && rank <= 5
                && IntStream.range(0, layer.inputCount()).allMatch(i -> !layer.hasInput(i) || i > 0 && layer.input(i).shape().rank() == 1
                        || layer.isVariable(i));
    }

    private static Offer concat(Layer layer, Target target) {
        if (isEmpty(layer)) {
            return Offer.none("the result is empty");
        }
        long named = ((Movement.Concat) layer.operator()).axis();
        int rank = layer.output(0).shape().rank();
        int axis = (int) (named < 0 ? named + rank : named);
        List<Tactic> tactics = new ArrayList<>();
        int block = target.blocked().block();
        boolean wholeBlocks = axis == 1 && rank >= 3 && rank <= 5 && layer.output(0).dataType() == DataType.FLOAT32;
        for (int i = 0; wholeBlocks && i < layer.inputCount(); i++) {
            wholeBlocks = layer.isVariable(i) && layer.inputSizes(i)[1] % block == 0;
        }
        if (wholeBlocks) {
            tactics.add(concat(layer, target, target.blocked(), 1));
            tactics.add(concat(layer, target, TensorFormat.HWC, rank - 1));
        } else if (axis == 1 && areBytesOfImages(layer, layer.output(0))) {
            tactics.add(concat(layer, target, TensorFormat.HWC, rank - 1));
        }
        tactics.add(concat(layer, target, TensorFormat.LINEAR, axis));
        return Offer.of(tactics);
    }

    /**
     * @param axis the axis in memory: channels come second in blocked formats, last in HWC
     */
    private static Tactic concat(Layer layer, Target target, TensorFormat format, int axis) {
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        TensorLayout output = inFormat(layer.output(0), layer, target, format);
        long[] to = Sizes.strides(inMemory(output));
        int bytes = output.dataType().bytes();
        List<Copy> copies = new ArrayList<>();
        long start = 0;
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = inFormat(layer.input(i), layer, target, format);
            long[] sizes = inMemory(inputs[i]);
            if (Sizes.product(sizes) > 0) {
                copies.add(new Copy(bytes, sizes, Sizes.strides(sizes), to, Stage.Place.input(i),
                        Stage.Place.output(0).plus(start * to[axis] * bytes)));
            }
            start += sizes[axis];
        }
        return copies("concat:" + format, layer, target, inputs, new TensorLayout[] {output}, copies).cost(2.0 * output.bytes());
    }

    private static TensorLayout inFormat(TensorType type, Layer layer, Target target, TensorFormat format) {
        TensorLayout linear = linear(type, layer, target);
        return format == TensorFormat.LINEAR ? linear : linear.withFormat(format);
    }

    /** The sizes in the order of memory. */
    private static long[] inMemory(TensorLayout layout) {
        long[] sizes = layout.sizes();
        if (layout.format() == TensorFormat.LINEAR) {
            return sizes;
        }
        long plane = Sizes.product(sizes, 2, sizes.length);
        if (layout.format().isBlocked()) {
            int block = layout.format().block();
            return new long[] {sizes[0], sizes[1] / block, plane * block};
        }
        long[] memory = new long[sizes.length];
        memory[0] = sizes[0];
        System.arraycopy(sizes, 2, memory, 1, sizes.length - 2);
        memory[sizes.length - 1] = sizes[1];
        return memory;
    }
}
