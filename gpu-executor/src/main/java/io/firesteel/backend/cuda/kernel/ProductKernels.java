package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.op.Convolution;
import io.firesteel.op.ConvolutionTranspose;
import io.firesteel.op.MatMul;
import io.firesteel.op.Operator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Matrix products and convolutions of every form, where no library computes them. */
final class ProductKernels implements KernelFamily {

    /** Estimated bytes of memory traffic that take as long as one multiplication and addition. */
    private static final double BYTES_PER_TERM = 0.5;

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        return Map.of(MatMul.class, ProductKernels::matMul, Convolution.class, ProductKernels::convolution,
                ConvolutionTranspose.class, ProductKernels::transposed);
    }

    /** The kernel of one step. */
    @FunctionalInterface
    private interface Call {
        KernelCall of(Operands operands);
    }

    private static Offer offer(Layer layer, KernelTarget target, PointwiseProgram epilogue, boolean image, double terms, Call call) {
        List<DataType> types = new ArrayList<>(List.of(layer.input(0).dataType()));
        for (int i = 1; i < epilogue.inputs(); i++) {
            types.add(layer.input(2 + i).dataType());
        }
        String refusal = new PointwiseExpression(epilogue, types).refusal();
        if (!layer.input(0).dataType().isFloatingPoint() || layer.input(0).dataType() == DataType.FLOAT64
                || layer.output(0).shape().elements() == 0 || !refusal.isEmpty()) {
            return Offer.none(refusal.isEmpty() ? "products are generated for fp32, fp16 and bf16 that are not empty" : refusal);
        }
        List<Tactic> tactics = new ArrayList<>();
        if (layer.operator() instanceof Convolution) {
            DepthwiseKernels.tactic(layer, target).ifPresent(tactics::add);
            tactics.addAll(TiledDepthwise.tactics(layer, target));
        }
        int rank = layer.output(0).shape().rank();
        for (TensorFormat format : image && rank >= 3 ? List.of(TensorFormat.HWC, TensorFormat.LINEAR)
                : List.of(TensorFormat.LINEAR)) {
            TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
            for (int i = 0; i < inputs.length; i++) {
                inputs[i] = !layer.hasInput(i) ? null : i == 1 ? CudaTypes.layout(layer, layer.input(i), TensorFormat.LINEAR)
                        : i == 0 ? CudaTypes.layout(layer, layer.input(i), format)
                        : PointwiseKernels.operand(layer, i, image ? rank : -1, format);
            }
            TensorLayout[] outputs = {CudaTypes.layout(layer, layer.output(0), format)};
            tactics.add(target.tactic("product:" + format, inputs, outputs,
                    (operands, constants) -> KernelSequence.of(call.of(operands))).precision(CudaTypes.precision(layer))
                    .cost(terms * BYTES_PER_TERM).slices(i -> !image || i != 1, i -> true));
        }
        return Offer.of(tactics);
    }

    private static boolean has(Operands operands, int index) {
        return index < operands.inputs().size() && operands.inputs().get(index) != null;
    }

    private static String type(TensorLayout layout) {
        return "const " + CudaTypes.storage(layout.dataType());
    }

    private static Offer matMul(Layer layer, KernelTarget target) {
        MatMul op = (MatMul) layer.operator();
        long[] a = layer.inputSizes(0);
        long[] b = layer.inputSizes(1);
        long inner = a.length == 1 ? a[0] : a[a.length - (op.transposeA() ? 2 : 1)];
        long rows = a.length == 1 ? 1 : a[a.length - (op.transposeA() ? 1 : 2)];
        long columns = b.length == 1 ? 1 : b[b.length - (op.transposeB() ? 2 : 1)];
        long[] out = layer.outputSizes(0);
        int axes = (a.length > 1 ? 1 : 0) + (b.length > 1 ? 1 : 0);
        int batchAxes = out.length - axes;
        long batches = Sizes.product(out, 0, batchAxes);
        return offer(layer, target, op.epilogue(), false, batches * rows * columns * inner, operands -> {
            TensorLayout left = operands.inputs().get(0);
            TensorLayout right = operands.inputs().get(1);
            TensorLayout output = operands.outputs().get(0);
            ProductSource source = new ProductSource(batches, rows, columns, inner)
                    .operands(left.dataType(), right.dataType()).pointer("a", type(left), Argument.input(0))
                    .pointer("b", type(right), Argument.input(1));
            source.destination(op.epilogue(), operands.inputs(), MatMul.EPILOGUE_INPUT, output, has(operands, 2) ? 2 : -1);
            long[] sizes = new long[batchAxes];
            System.arraycopy(out, 0, sizes, 0, batchAxes);
            source.function("float load_a", "index_t batch, index_t m, index_t k", element("a", a, left, batchAxes, sizes,
                    a.length == 1 ? new String[] {"k"} : op.transposeA() ? new String[] {"k", "m"} : new String[] {"m", "k"}));
            source.function("float load_b", "index_t batch, index_t k, index_t n", element("b", b, right, batchAxes, sizes,
                    b.length == 1 ? new String[] {"k"} : op.transposeB() ? new String[] {"n", "k"} : new String[] {"k", "n"}));
            SourceText text = coordinates("batch", sizes, "c");
            if (a.length > 1) {
                text.line("const index_t c%d = m;", batchAxes);
            }
            if (b.length > 1) {
                text.line("const index_t c%d = n;", out.length - 1);
            }
            source.function("void finish", "index_t batch, index_t m, index_t n, float sum", text + ProductSource.store(op.epilogue(),
                    operands.inputs(), MatMul.EPILOGUE_INPUT, output, has(operands, 2), "n"));
            return source.order(!op.transposeA(), op.transposeB()).call();
        });
    }

    private static SourceText coordinates(String number, long[] sizes, String prefix) {
        SourceText text = new SourceText();
        return sizes.length == 0 ? text : text.coordinates(prefix, number, sizes);
    }

    /** Reads an element of a matrix whose leading axes broadcast to those of the result. */
    private static String element(String name, long[] sizes, TensorLayout layout, int batchAxes, long[] batch, String[] places) {
        long[] strides = layout.strides();
        long[] leading = new long[sizes.length - places.length];
        for (int i = 0; i < leading.length; i++) {
            leading[i] = sizes[i] == 1 ? 0 : strides[i];
        }
        StringBuilder offset = new StringBuilder(SourceText.offset("d", Sizes.trailing(leading, batchAxes, 0)));
        for (int i = 0; i < places.length; i++) {
            offset.append(" + ").append(places[i]).append(" * (index_t) ").append(strides[leading.length + i]);
        }
        return coordinates("batch", batch, "d") + "return get(" + name + "[" + offset + "]);\n";
    }

    private static Offer convolution(Layer layer, KernelTarget target) {
        Convolution op = (Convolution) layer.operator();
        long[] w = layer.inputSizes(1);
        long[] out = layer.outputSizes(0);
        long inner = Sizes.product(w, 1, w.length);
        long perGroup = w[0] / op.groups();
        return offer(layer, target, op.epilogue(), true, (double) Sizes.product(out) * inner, operands -> {
            TensorLayout x = operands.inputs().get(0);
            long[] pixels = out.clone();
            pixels[1] = 1;
            ProductSource source = new ProductSource(op.groups(), Sizes.product(pixels), perGroup, inner)
                    .operands(x.dataType(), operands.inputs().get(1).dataType())
                    .pointer("x", type(x), Argument.input(0)).pointer("w", type(operands.inputs().get(1)), Argument.input(1))
                    .extent(x.type().shape().elements() * (x.isSlice() ? x.parentChannels() : 1));
            TensorLayout output = operands.outputs().get(0);
            source.destination(op.epilogue(), operands.inputs(), Convolution.EPILOGUE_INPUT, output, has(operands, 2) ? 2 : -1);
            SourceText text = coordinates("m", pixels, "p");
            long[] window = w.clone();
            window[0] = 1;
            text.coordinates("k", "k", window);
            text.line("index_t at = p0 * %d + (batch * %d + k1) * %d;", x.strides()[0], w[1], x.strides()[1]);
            for (int i = 2; i < w.length; i++) {
                text.line("const index_t i%1$d = p%1$d * %2$d - (%3$d) + k%1$d * %4$d;", i, op.strides().get(i - 2),
                        op.padsBegin().get(i - 2), op.dilations().get(i - 2));
                text.line("if (i%1$d < 0 || i%1$d >= %2$d) return 0;", i, x.sizes()[i]);
                text.line("at += i%d * %d;", i, x.strides()[i]);
            }
            source.function("float load_a", "index_t batch, index_t m, index_t k", text + "return get(x[at]);\n");
            source.function("float load_b", "index_t batch, index_t k, index_t n",
                    String.format("return get(w[(batch * %d + n) * %d + k]);%n", perGroup, inner));
            source.function("void finish", "index_t batch, index_t m, index_t n, float sum", coordinates("m", pixels, "p")
                    + finishImage(op.epilogue(), operands, Convolution.EPILOGUE_INPUT, perGroup));
            return source.order(x.format() == TensorFormat.HWC && w.length == 2, true).call();
        });
    }

    /** From pixel coordinates {@code p0, p2, ...} and channel {@code n} of group {@code batch} to the result. */
    private static String finishImage(PointwiseProgram epilogue, Operands operands, int first, long perGroup) {
        TensorLayout output = operands.outputs().get(0);
        SourceText text = new SourceText().line("const index_t c0 = p0, c1 = batch * %d + n;", perGroup);
        for (int i = 2; i < output.sizes().length; i++) {
            text.line("const index_t c%1$d = p%1$d;", i);
        }
        return text + ProductSource.store(epilogue, operands.inputs(), first, output, has(operands, 2), "c1");
    }

    /** Gathers for each element of the result the elements of the data that reach it. */
    private static Offer transposed(Layer layer, KernelTarget target) {
        ConvolutionTranspose op = (ConvolutionTranspose) layer.operator();
        long[] w = layer.inputSizes(1);
        long[] out = layer.outputSizes(0);
        long channels = w[0] / op.groups();
        long inner = channels * Sizes.product(w, 2, w.length);
        return offer(layer, target, op.epilogue(), true, (double) Sizes.product(out) * inner, operands -> {
            TensorLayout x = operands.inputs().get(0);
            long[] pixels = out.clone();
            pixels[1] = 1;
            ProductSource source = new ProductSource(op.groups(), Sizes.product(pixels), w[1], inner)
                    .operands(x.dataType(), operands.inputs().get(1).dataType())
                    .pointer("x", type(x), Argument.input(0)).pointer("w", type(operands.inputs().get(1)), Argument.input(1))
                    .extent(x.type().shape().elements() * (x.isSlice() ? x.parentChannels() : 1));
            TensorLayout output = operands.outputs().get(0);
            source.destination(op.epilogue(), operands.inputs(), ConvolutionTranspose.EPILOGUE_INPUT, output,
                    has(operands, 2) ? 2 : -1);
            long[] window = w.clone();
            window[0] = channels;
            window[1] = 1;
            SourceText text = coordinates("m", pixels, "p").coordinates("k", "k", window);
            text.line("index_t at = p0 * %d + (batch * %d + k0) * %d;", x.strides()[0], channels, x.strides()[1]);
            for (int i = 2; i < w.length; i++) {
                text.line("const index_t s%1$d = p%1$d + (%2$d) - k%1$d * %3$d;", i, op.padsBegin().get(i - 2), op.dilations().get(i - 2));
                text.line("if (s%1$d < 0 || s%1$d %% %2$d != 0 || s%1$d / %2$d >= %3$d) return 0;", i, op.strides().get(i - 2),
                        x.sizes()[i]);
                text.line("at += s%d / %d * %d;", i, op.strides().get(i - 2), x.strides()[i]);
            }
            source.function("float load_a", "index_t batch, index_t m, index_t k", text + "return get(x[at]);\n");
            long[] strides = Sizes.strides(w);
            source.function("float load_b", "index_t batch, index_t k, index_t n", coordinates("k", window, "k")
                    + String.format("return get(w[(batch * %d + k0) * %d + n * %d + k %% %d]);%n", channels, strides[0], strides[1],
                            strides[1]));
            source.function("void finish", "index_t batch, index_t m, index_t n, float sum", coordinates("m", pixels, "p")
                    + finishImage(op.epilogue(), operands, ConvolutionTranspose.EPILOGUE_INPUT, w[1]));
            return source.order(false, true).call();
        });
    }
}
