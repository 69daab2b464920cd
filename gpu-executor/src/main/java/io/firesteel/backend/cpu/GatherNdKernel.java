package io.firesteel.backend.cpu;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.Stream;
import io.firesteel.backend.TensorLayout;
import io.firesteel.memory.NativeMemory;
import io.firesteel.op.Indexing;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;

/**
 * Reads slices at constant coordinates; neighbours in both data and result are copied together.
 *
 * @param sources byte offset of each run in the data
 * @param lengths bytes of each run; the result is all of them, one after the other
 */
record GatherNdKernel(long[] sources, long[] lengths) implements Kernel {

    private static final long MOST_INDICES = 1 << 20;

    static Offer offer(Layer layer, Target target) {
        if (((Indexing.GatherND) layer.operator()).batchDims() != 0 || layer.constant(0).isPresent() || layer.constant(1).isEmpty()
                || Sizes.product(layer.outputSizes(0)) == 0 || layer.constant(1).get().elements() > MOST_INDICES) {
            return Offer.none("the CPU backend gathers at constant coordinates without batch dimensions, something and not too much");
        }
        TensorLayout data = MovementLayers.linear(layer.input(0), layer, target);
        TensorLayout result = MovementLayers.linear(layer.output(0), layer, target);
        return Offer.of(new RecipeTactic("gather:coordinates", new TensorLayout[] {data, null}, new TensorLayout[] {result},
                (operands, constants) -> of(layer, data)).precision(Target.precision(target.compute(layer))));
    }

    private static GatherNdKernel of(Layer layer, TensorLayout data) {
        Tensor indices = layer.constant(1).orElseThrow();
        long[] sizes = data.sizes();
        int depth = Math.toIntExact(indices.size(indices.rank() - 1));
        long slice = Sizes.product(sizes, depth, sizes.length) * data.dataType().bytes();
        int count = Math.toIntExact(indices.elements() / depth);
        long[] sources = new long[count];
        long[] lengths = new long[count];
        int runs = 0;
        for (int i = 0; i < count; i++) {
            long at = 0;
            for (int axis = 0; axis < depth; axis++) {
                at = at * sizes[axis] + position(layer, indices.getLong((long) i * depth + axis), sizes[axis]);
            }
            if (runs > 0 && sources[runs - 1] + lengths[runs - 1] == at * slice) {
                lengths[runs - 1] += slice;
            } else {
                sources[runs] = at * slice;
                lengths[runs++] = slice;
            }
        }
        return new GatherNdKernel(Arrays.copyOf(sources, runs), Arrays.copyOf(lengths, runs));
    }

    private static long position(Layer layer, long index, long size) {
        long at = index < 0 ? index + size : index;
        if (at < 0 || at >= size) {
            String node = layer.node().name();
            throw FiresteelException.atNode("INDEX_OUT_OF_RANGE", node, "node '" + node + "': index " + index + " is outside of [-"
                    + size + "," + size + "): correct the model");
        }
        return at;
    }

    @Override
    public String implementation() {
        return "gather";
    }

    @Override
    public Launch bind(Stream stream, long[] inputs, long[] outputs, long scratch) {
        long source = inputs[0];
        long target = outputs[0];
        return () -> {
            long to = target;
            for (int i = 0; i < sources.length; i++) {
                NativeMemory.copy(source + sources[i], to, lengths[i]);
                to += lengths[i];
            }
        };
    }
}
