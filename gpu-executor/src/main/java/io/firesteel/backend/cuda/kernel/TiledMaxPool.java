package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.op.PoolingWindow;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;

/**
 * Maxima over overlapping windows of two axes, channels innermost: a thread makes a tile of results from what their windows share.
 *
 * @param rows of a thread's tile
 * @param columns of a thread's tile
 */
record TiledMaxPool(int rows, int columns) {

    private static final int VECTOR_BYTES = 16;
    private static final int BLOCK = 128;
    private static final int LARGEST_KERNEL = 5;
    private static final List<TiledMaxPool> TILES = List.of(new TiledMaxPool(4, 2), new TiledMaxPool(4, 4), new TiledMaxPool(2, 2),
            new TiledMaxPool(1, 1));
    /** Of the bytes that a tactic costs for which nothing is shared: tiles that keep a large device's memory busy, and others. */
    private static final double SHARED = 0.9;
    private static final double TOO_LARGE = 0.95;
    private static final long ENOUGH_THREADS = 100_000;

    /** The tactics of a layer; none where it is not of this form. */
    static List<Tactic> tactics(Layer layer, KernelTarget target, PoolingWindow window) {
        List<Tactic> tactics = new ArrayList<>();
        if (!fits(layer, window)) {
            return tactics;
        }
        TensorLayout[] inputs = {CudaTypes.layout(layer, layer.input(0), TensorFormat.HWC)};
        TensorLayout[] outputs = new TensorLayout[layer.outputCount()];
        outputs[0] = CudaTypes.layout(layer, layer.output(0), TensorFormat.HWC);
        double bytes = inputs[0].bytes() + outputs[0].bytes();
        for (TiledMaxPool tile : TILES) {
            tactics.add(target.tactic("maxPool:" + tile.rows + "x" + tile.columns, inputs, outputs,
                    (operands, constants) -> KernelSequence.of(tile.call(window, operands.inputs().get(0), operands.outputs().get(0))))
                    .precision(CudaTypes.precision(layer)).slices(i -> true, i -> true)
                    .cost(bytes * (tile.threads(outputs[0]) >= ENOUGH_THREADS ? SHARED : TOO_LARGE)));
        }
        return tactics;
    }

    private static boolean fits(Layer layer, PoolingWindow window) {
        DataType type = CudaTypes.compute(layer);
        boolean fits = layer.input(0).dataType() == DataType.FLOAT32 && layer.input(0).shape().rank() == 4
                && layer.output(0).shape().elements() > 0 && layer.inputSizes(0)[1] * type.bytes() % VECTOR_BYTES == 0;
        for (int i = 0; fits && i < 2; i++) {
            fits = window.dilations().get(i) == 1 && window.kernel().get(i) <= LARGEST_KERNEL
                    && window.strides().get(i) <= window.kernel().get(i);
        }
        return fits;
    }

    private KernelCall call(PoolingWindow window, TensorLayout in, TensorLayout out) {
        DataType type = in.dataType();
        long[] from = in.strides();
        long[] to = out.strides();
        long[] size = out.sizes();
        long vector = VECTOR_BYTES / type.bytes();
        long threads = threads(out);
        boolean aligned = in.parentChannels() % vector == 0 && out.parentChannels() % vector == 0;
        SourceText text = new SourceText().indexType(Math.max(threads + BLOCK, Math.max(extent(in), extent(out))))
                .line("typedef %s T;", CudaTypes.storage(type)).define("WORD_IS_FLOAT", type == DataType.FLOAT32 ? 1 : 0)
                .define("WORD", type == DataType.BFLOAT16 ? "\"bf16x2\"" : "\"f16x2\"")
                .define("LOWEST", switch (type) {
                    case FLOAT16 -> "0xfc00fc00u";
                    case BFLOAT16 -> "0xff80ff80u";
                    default -> "0xff800000u";
                }).define("ROWS", rows).define("COLUMNS", columns).define("THREADS", threads)
                .define("VECTORS", size[1] / vector).define("DOWN", Sizes.ceilDiv(size[2], rows))
                .define("ACROSS", Sizes.ceilDiv(size[3], columns)).define("OUT_HEIGHT", size[2]).define("OUT_WIDTH", size[3])
                .define("HEIGHT", in.sizes()[2]).define("WIDTH", in.sizes()[3])
                .define("FROM_IMAGE", from[0]).define("FROM_ROW", from[2]).define("FROM_COLUMN", from[3])
                .define("TO_IMAGE", to[0]).define("TO_ROW", to[2]).define("TO_COLUMN", to[3])
                .define("STRIDES_ALIGNED", aligned ? 1 : 0).define("MAY_BE_LOOSE", in.isSlice() || out.isSlice() ? 1 : 0);
        for (int i = 0; i < 2; i++) {
            String axis = List.of("Y", "X").get(i);
            text.define("KERNEL_" + axis, window.kernel().get(i)).define("STRIDE_" + axis, window.strides().get(i))
                    .define("PAD_" + axis, "(" + window.padsBegin().get(i) + ")");
        }
        return new KernelCall("maxPool", text.line("%s", Prelude.resource("max_pool.cu")).toString(), Sizes.ceilDiv(threads, BLOCK), BLOCK,
                List.of(Argument.input(0), Argument.output(0)));
    }

    private long threads(TensorLayout out) {
        long[] size = out.sizes();
        return size[0] * size[1] * out.dataType().bytes() / VECTOR_BYTES * Sizes.ceilDiv(size[2], rows) * Sizes.ceilDiv(size[3], columns);
    }

    private static long extent(TensorLayout layout) {
        return layout.sizes()[0] * layout.strides()[0];
    }
}
