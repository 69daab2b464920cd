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
import io.firesteel.tensor.DataType;
import java.nio.ByteBuffer;

/**
 * Reads whole slices by index, as an embedding does.
 *
 * @param node the node, for errors
 * @param outer how often the indexed axis repeats
 * @param axis its size
 * @param runBytes bytes of one slice
 * @param indices how many there are
 * @param wide whether they are INT64, else INT32
 * @param table address of the data where it is a constant, else 0
 */
record GatherKernel(String node, long outer, long axis, long runBytes, int indices, boolean wide, long table)
        implements Kernel {

    static Offer offer(Layer layer, Target target) {
        DataType indexType = layer.input(1).dataType();
        if (indexType != DataType.INT64 && indexType != DataType.INT32 || Sizes.product(layer.outputSizes(0)) == 0
                || Sizes.product(layer.inputSizes(1)) > 1 << 26) {
            return Offer.none("the CPU backend gathers by INT32 and INT64 indices, something and not too much");
        }
        boolean constant = layer.constant(0).isPresent();
        TensorLayout data = constant ? TensorLayout.linear(layer.input(0)) : MovementLayers.linear(layer.input(0), layer, target);
        TensorLayout result = TensorLayout.linear(layer.output(0).withDataType(data.dataType()));
        long[] sizes = data.sizes();
        long named = ((Indexing.Gather) layer.operator()).axis();
        int at = (int) (named < 0 ? named + sizes.length : named);
        TensorLayout[] inputs = {constant ? null : data, TensorLayout.linear(layer.input(1))};
        long run = Sizes.product(sizes, at + 1, sizes.length) * data.dataType().bytes();
        return Offer.of(new RecipeTactic("gather", inputs, new TensorLayout[] {result}, (operands, constants) -> new GatherKernel(
                layer.node().name(), Sizes.product(sizes, 0, at), sizes[at], run, (int) Sizes.product(layer.inputSizes(1)),
                indexType == DataType.INT64, layer.constant(0).map(constants::linear).orElse(0L))));
    }

    @Override
    public String implementation() {
        return "gather";
    }

    @Override
    public Launch bind(Stream stream, long[] inputs, long[] outputs, long scratch) {
        ByteBuffer positions = NativeMemory.view(inputs[1], indices * (wide ? 8 : 4));
        long source = table == 0 ? inputs[0] : table;
        return () -> run(positions, source, outputs[0]);
    }

    private void run(ByteBuffer positions, long source, long target) {
        for (int i = 0; i < indices; i++) {
            long index = wide ? positions.getLong(i * 8) : positions.getInt(i * 4);
            long at = index < 0 ? index + axis : index;
            if (at < 0 || at >= axis) {
                throw FiresteelException.atNode("INDEX_OUT_OF_RANGE", node, "node '" + node + "': index " + index
                        + " is outside of [-" + axis + "," + axis + "): correct the input");
            }
            for (long o = 0; o < outer; o++) {
                NativeMemory.copy(source + (o * axis + at) * runBytes, target + (o * indices + i) * runBytes, runBytes);
            }
        }
    }
}
