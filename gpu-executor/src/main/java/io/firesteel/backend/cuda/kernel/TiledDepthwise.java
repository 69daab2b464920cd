package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.op.Convolution;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Convolution of each channel by itself, channels innermost: a thread computes a tile of neighbouring pixels for a vector of channels.
 *
 * @param rows pixels of a thread's tile, one below another
 * @param columns pixels of a thread's tile, one beside another
 * @param vector channels of a thread
 */
record TiledDepthwise(int rows, int columns, int vector) {

    private static final int BLOCK = 128;
    private static final int BIAS = 2;
    /** Rows of a window that is small enough for all of its steps to be written out. */
    private static final int SMALL_WINDOW = 3;

    /** The tactics of a layer of depthwise {@link Convolution}, for several tiles. */
    static List<Tactic> tactics(Layer layer, KernelTarget target) {
        Convolution op = (Convolution) layer.operator();
        List<Tactic> tactics = new ArrayList<>();
        if (!DepthwiseKernels.isDepthwise(op, layer) || layer.input(0).dataType() != DataType.FLOAT32) {
            return tactics;
        }
        TensorLayout[] inputs = DepthwiseKernels.inputs(layer);
        TensorLayout[] outputs = {CudaTypes.layout(layer, layer.output(0), TensorFormat.HWC)};
        Tensor weights = layer.constant(1).orElseThrow();
        for (TiledDepthwise tile : tiles(layer, op)) {
            tactics.add(target.tactic("depthwise:" + tile.rows + "x" + tile.columns + "x" + tile.vector, inputs, outputs,
                    (operands, constants) -> KernelSequence.of(tile.call(op, weights, operands, constants)))
                    .precision(CudaTypes.precision(layer)).slices(i -> true, i -> true));
        }
        return tactics;
    }

    private static Set<TiledDepthwise> tiles(Layer layer, Convolution op) {
        long width = layer.outputSizes(0)[3];
        boolean strided = op.strides().get(1) > 1;
        int wide = strided ? 4 : width % 7 == 0 ? 7 : width % 8 == 0 ? 8 : 4;
        Set<TiledDepthwise> tiles = new LinkedHashSet<>();
        tiles.add(new TiledDepthwise(1, wide, 4));
        if (layer.inputSizes(1)[2] <= SMALL_WINDOW) {
            tiles.add(new TiledDepthwise(strided ? 2 : 4, 4, 4));
            tiles.add(new TiledDepthwise(2, strided ? 2 : 4, 8));
        } else {
            tiles.add(new TiledDepthwise(1, 4, 8));
            tiles.add(new TiledDepthwise(2, strided ? 2 : 4, 4));
        }
        long channels = layer.inputSizes(0)[1];
        tiles.removeIf(t -> channels % t.vector != 0);
        return tiles;
    }

    private KernelCall call(Convolution op, Tensor weights, Operands operands, Constants constants) {
        TensorLayout in = operands.inputs().get(0);
        TensorLayout out = operands.outputs().get(0);
        DataType type = in.dataType();
        long[] size = out.sizes();
        long[] from = in.strides();
        long[] to = out.strides();
        long threads = size[0] * size[1] / vector * Sizes.ceilDiv(size[2], rows) * Sizes.ceilDiv(size[3], columns);
        List<String> parameters = new ArrayList<>(List.of("const T* __restrict__ x", "const T* __restrict__ w", "RESULT* result"));
        List<Argument> arguments = new ArrayList<>(List.of(Argument.input(0),
                Argument.constant(constants.linear(DepthwiseKernels.tapsFirst(weights, type))), Argument.output(0)));
        boolean biased = operands.inputs().size() > BIAS && operands.inputs().get(BIAS) != null;
        SourceText text = new SourceText().indexType(Math.max(threads + BLOCK, Math.max(size[0] * to[0], size[0] * from[0])));
        text.line("typedef %s T;", CudaTypes.storage(type)).line("typedef %s RESULT;", CudaTypes.storage(out.dataType()));
        if (biased) {
            text.line("typedef %s BIAS;", CudaTypes.storage(operands.inputs().get(BIAS).dataType()));
            parameters.add("const BIAS* __restrict__ bias");
            arguments.add(Argument.input(BIAS));
        }
        List<String> passed = new ArrayList<>();
        List<String> declared = new ArrayList<>();
        for (int i = 1; i < op.epilogue().inputs(); i++) {
            int index = Convolution.EPILOGUE_INPUT + i - 1;
            declared.add("const " + CudaTypes.storage(operands.inputs().get(index).dataType()) + "* epilogue" + i);
            passed.add("epilogue" + i);
            arguments.add(Argument.input(index));
        }
        parameters.addAll(declared);
        text.define("ROWS", rows).define("COLUMNS", columns).define("VECTOR", vector).define("THREADS", threads)
                .define("VECTORS", size[1] / vector).define("DOWN", Sizes.ceilDiv(size[2], rows))
                .define("ACROSS", Sizes.ceilDiv(size[3], columns)).define("CHANNELS", size[1]).define("OUT_HEIGHT", size[2])
                .define("OUT_WIDTH", size[3]).define("HEIGHT", in.sizes()[2]).define("WIDTH", in.sizes()[3])
                .define("FROM_IMAGE", from[0]).define("FROM_ROW", from[2]).define("FROM_COLUMN", from[3])
                .define("TO_IMAGE", to[0]).define("TO_ROW", to[2]).define("TO_COLUMN", to[3]).define("BIASED", biased ? 1 : 0)
                .define("QUICK", out.dataType().bytes() == 2 ? 1 : 0).define("LOOSE", in.isSlice() ? 1 : 0)
                .define("STORE", out.isSlice() ? "store_loose" : "store_pack").define("PARAMETERS", String.join(", ", parameters))
                .define("UNROLL_ROWS", weights.size(2) <= SMALL_WINDOW || rows > 1 ? "_Pragma(\"unroll\")" : "_Pragma(\"unroll 1\")")
                .define("FINISH(I0, I1, I2, I3, SUM)", "finish(" + String.join(", ", passed) + (passed.isEmpty() ? "" : ", ")
                        + "I0, I1, I2, I3, SUM)");
        for (int i = 0; i < 2; i++) {
            String axis = List.of("Y", "X").get(i);
            text.define("KERNEL_" + axis, weights.size(2 + i)).define("STRIDE_" + axis, op.strides().get(i))
                    .define("DILATION_" + axis, op.dilations().get(i)).define("PAD_" + axis, "(" + op.padsBegin().get(i) + ")");
        }
        String source = Prelude.resource("depthwise.cu");
        int kernel = source.indexOf("extern");
        text.line("%s", source.substring(0, kernel)).line("%s", finish(op.epilogue(), operands, declared))
                .line("%s", source.substring(kernel));
        return new KernelCall("depthwise", text.toString(), Sizes.ceilDiv(threads, BLOCK), BLOCK, arguments);
    }

    /** The function that makes a result of a sum at the coordinates {@code c0} to {@code c3}. */
    private static String finish(PointwiseProgram epilogue, Operands operands, List<String> declared) {
        SourceText text = new SourceText().line("DEV RESULT finish(%sindex_t c0, index_t c1, index_t c2, index_t c3, float sum) {",
                String.join(", ", declared) + (declared.isEmpty() ? "" : ", "));
        List<DataType> types = new ArrayList<>(List.of(DataType.FLOAT32));
        List<String> names = new ArrayList<>(List.of("sum"));
        for (int i = 1; i < epilogue.inputs(); i++) {
            TensorLayout layout = operands.inputs().get(Convolution.EPILOGUE_INPUT + i - 1);
            text.line("const %s a%d = get(epilogue%d[%s]);", CudaTypes.math(layout.dataType()), i, i,
                    SourceText.offset("c", PointwiseSource.broadcastStrides(layout, 4)));
            types.add(layout.dataType());
            names.add("a" + i);
        }
        String value = new PointwiseExpression(epilogue, types).emit(text, names, "r");
        return text.line("return put<RESULT>(%s);", value).line("}").toString();
    }
}
