package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.tensor.DataType;
import java.util.Optional;

/** Means of whole channels of bytes, channels innermost: a thread sums four channels of an image, whose four bytes are read at once. */
final class QuantizedPooling {

    private static final int WORD = 4;
    private static final int WORDS_AT_ONCE = 7;
    /** Elements of a channel whose sum always fits 32 bits and is exact in fp32 to more digits than a byte has. */
    private static final long MOST_ELEMENTS = 1 << 22;

    private QuantizedPooling() { }

    /** What there is for a quantized layer of {@link io.firesteel.op.Pooling.GlobalAveragePool}. */
    static Offer offer(Layer layer, KernelTarget target) {
        Quantized op = (Quantized) layer.operator();
        long[] in = layer.inputSizes(0);
        Optional<QuantizationParameters> from = op.inputs().get(0).filter(QuantizedPooling::areOfBytes);
        Optional<QuantizationParameters> to = op.output().filter(QuantizedPooling::areOfBytes);
        if (from.isEmpty() || to.isEmpty() || in.length < 3 || in[1] % WORD != 0 || layer.input(0).shape().elements() == 0
                || elements(in) > MOST_ELEMENTS) {
            return Offer.none("means of channels are generated between bytes of one scale whose channels are a multiple of 4");
        }
        TensorLayout[] inputs = {TensorLayout.of(layer.input(0), TensorFormat.HWC)};
        TensorLayout[] outputs = {TensorLayout.of(layer.output(0), TensorFormat.LINEAR)};
        return Offer.of(target.tactic("integer:globalPool", inputs, outputs, (operands, constants) -> KernelSequence.of(
                call(from.get(), to.get(), operands.inputs().get(0), operands.outputs().get(0)))));
    }

    private static boolean areOfBytes(QuantizationParameters parameters) {
        return parameters.isPerTensor() && (parameters.dataType() == DataType.INT8 || parameters.dataType() == DataType.UINT8);
    }

    private static long elements(long[] sizes) {
        return Sizes.product(sizes) / sizes[0] / sizes[1];
    }

    private static KernelCall call(QuantizationParameters from, QuantizationParameters to, TensorLayout in, TensorLayout out) {
        long elements = elements(in.sizes());
        String storage = CudaTypes.storage(out.dataType());
        String sign = from.dataType() == DataType.INT8 ? "int" : "unsigned";
        double factor = (double) from.scales().get(0) / to.scales().get(0) / elements;
        double mean = (double) from.scales().get(0) / to.scales().get(0) * from.zeroPoint(0);
        ElementSource source = new ElementSource("globalPool", new long[] {in.sizes()[0], in.sizes()[1] / WORD})
                .pointer("x", "const " + sign, Argument.input(0)).pointer("y", storage, Argument.output(0))
                .extent(in.sizes()[0] * in.strides()[0])
                .line("const %s* const from = x + c0 * %d + c1;", sign, in.strides()[0] / WORD)
                .line("%s sum[%d] = {};", sign, WORD).line("#pragma unroll %d", WORDS_AT_ONCE)
                .line("for (int i = 0; i < %d; ++i) {", elements)
                .line("    const %s word = from[(index_t) i * %d];", sign, in.strides()[in.sizes().length - 1] / WORD);
        for (int e = 0; e < WORD; e++) {
            source.line("    sum[%1$d] = __dp4a(word, (%2$s) (1u << %3$d), sum[%1$d]);", e, sign, e * Byte.SIZE);
        }
        source.line("}").line("Pack<%s, %d> packed;", storage, WORD).line("#pragma unroll").line("for (int e = 0; e < %d; ++e) {", WORD);
        SourceText text = new SourceText();
        String quantized = QuantizedExpression.round(text, "(float) sum[e] * " + CudaTypes.literal(factor, DataType.FLOAT32) + " - "
                + CudaTypes.literal(mean, DataType.FLOAT32), Long.toString(to.zeroPoint(0)), DataType.FLOAT32, to.dataType(), "r");
        source.line("%s", text).line("    packed.v[e] = (%s) %s;", storage, quantized).line("}")
                .line("store_pack<%s, %d>(y + c0 * %d + c1 * %d, packed);", storage, WORD, out.strides()[0], WORD);
        return source.call();
    }
}
