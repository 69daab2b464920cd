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
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Convolution of each channel by itself, channels innermost: a thread computes a vector of channels of several neighbouring
 * pixels in a row, and reads each element of the data that they share once.
 */
final class DepthwiseKernels {

    private static final int VECTOR_BYTES = 16;
    private static final int MOST_TAPS = 128;
    private static final int PIXELS = 4;
    private static final int MOST_BYTES_OF_A_THREAD = 8;

    private DepthwiseKernels() { }

    /** The tactic for a layer of {@link Convolution}, or empty where it is not of this form. */
    static Optional<Tactic> tactic(Layer layer, KernelTarget target) {
        Convolution op = (Convolution) layer.operator();
        if (!isDepthwise(op, layer) || layer.input(0).dataType() != DataType.FLOAT32) {
            return Optional.empty();
        }
        TensorLayout[] outputs = {CudaTypes.layout(layer, layer.output(0), TensorFormat.HWC)};
        Tensor weights = layer.constant(1).get();
        return Optional.of(target.tactic("depthwise", inputs(layer), outputs,
                (operands, constants) -> KernelSequence.of(call(op, weights, operands, constants, Optional.empty())))
                .precision(CudaTypes.precision(layer)).slices(i -> true, i -> true));
    }

    /** The layouts of a layer's inputs; none for the weights, which are prepared. */
    static TensorLayout[] inputs(Layer layer) {
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = !layer.hasInput(i) || i == 1 ? null : i == 0 ? CudaTypes.layout(layer, layer.input(0), TensorFormat.HWC)
                    : PointwiseKernels.operand(layer, i, 4, TensorFormat.HWC);
        }
        return inputs;
    }

    static boolean isDepthwise(Convolution op, Layer layer) {
        long[] in = layer.inputSizes(0);
        long[] w = layer.inputSizes(1);
        return in.length == 4 && op.groups() == in[1] && w[0] == in[1] && w[1] == 1 && w[2] * w[3] <= MOST_TAPS
                && layer.constant(1).isPresent();
    }

    /**
     * Scales and zero points of a layer between bytes, whose sums are exact in fp32.
     *
     * @param scales of the sums, one for each channel
     * @param biases added next, real numbers
     * @param zeroPoint of the data
     * @param operands of the epilogue's inputs 1 and on
     * @param result empty for real numbers
     */
    private record Numbers(Tensor scales, Tensor biases, long zeroPoint, List<Optional<QuantizationParameters>> operands,
            Optional<QuantizationParameters> result) {

        static Numbers of(Layer layer, Quantized op) {
            int channels = (int) layer.outputSizes(0)[1];
            Tensor scales = Tensor.zeros(DataType.FLOAT32, channels);
            Tensor biases = Tensor.zeros(DataType.FLOAT32, channels);
            QuantizationParameters data = op.inputs().get(0).orElseThrow();
            QuantizationParameters weights = op.inputs().get(1).orElseThrow();
            Optional<QuantizationParameters> bias = op.inputs().size() > 2 ? op.inputs().get(2) : Optional.empty();
            for (int i = 0; i < channels; i++) {
                scales.setDouble(i, (double) data.scales().get(0) * weights.scales().get(weights.isPerTensor() ? 0 : i));
                if (layer.constant(2).isPresent()) {
                    double value = layer.constant(2).get().getDouble(i);
                    int index = bias.isEmpty() || bias.get().isPerTensor() ? 0 : i;
                    biases.setDouble(i, bias.isEmpty() ? value
                            : (value - bias.get().zeroPoint(index)) * (double) bias.get().scales().get(index));
                }
            }
            return new Numbers(scales, biases, data.zeroPoint(0), op.inputs().subList(Math.min(3, op.inputs().size()),
                    op.inputs().size()), op.output());
        }
    }

    /** The tactic for a quantized layer of {@link Convolution}, or empty where it is not of this form. */
    static Optional<Tactic> quantized(Layer layer, KernelTarget target) {
        Quantized quantized = (Quantized) layer.operator();
        Convolution op = (Convolution) quantized.layer();
        QuantizationParameters data = quantized.inputs().get(0).orElseThrow();
        QuantizationParameters weighting = quantized.inputs().get(1).orElseThrow();
        boolean perTensor = Stream.concat(quantized.inputs().stream().skip(3), Stream.of(quantized.output(), quantized.inputs().get(0)))
                .flatMap(Optional::stream).allMatch(QuantizationParameters::isPerTensor);
        if (!isDepthwise(op, layer) || layer.isVariable(2) || !perTensor || !weighting.isSymmetric() || data.dataType().bytes() != 1) {
            return Optional.empty();
        }
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = !layer.hasInput(i) || i == 1 || i == 2 ? null : i == 0 ? TensorLayout.of(layer.input(0), TensorFormat.HWC)
                    : PointwiseKernels.operand(layer, i, 4, TensorFormat.HWC);
        }
        TensorLayout[] outputs = {CudaTypes.layout(layer, layer.output(0), TensorFormat.HWC)};
        return Optional.of(target.tactic("integer:depthwise", inputs, outputs, (operands, constants) -> KernelSequence.of(
                call(op, layer.constant(1).orElseThrow(), operands, constants, Optional.of(Numbers.of(layer, quantized)))))
                .slices(i -> true, i -> true));
    }

    /** One row of weights for each tap, channels innermost. */
    static Tensor tapsFirst(Tensor weights, DataType type) {
        long channels = weights.size(0);
        long taps = weights.size(2) * weights.size(3);
        Tensor result = Tensor.zeros(type, taps, channels);
        for (long c = 0; c < channels; c++) {
            for (long t = 0; t < taps; t++) {
                result.setDouble(t * channels + c, weights.getDouble(c * taps + t));
            }
        }
        return result;
    }

    private static KernelCall call(Convolution op, Tensor weights, Operands operands, Constants constants,
            Optional<Numbers> numbers) {
        TensorLayout in = operands.inputs().get(0);
        TensorLayout out = operands.outputs().get(0);
        DataType type = in.dataType();
        long channels = in.sizes()[1];
        int vector = VECTOR_BYTES / type.bytes();
        if (numbers.isPresent()) {
            vector = MOST_BYTES_OF_A_THREAD;
        }
        while (channels % vector != 0 || in.parentChannels() % vector != 0 || out.parentChannels() % vector != 0) {
            vector /= 2;
        }
        long height = weights.size(2);
        long width = weights.size(3);
        long stride = op.strides().get(1);
        long dilation = op.dilations().get(1);
        long columns = (PIXELS - 1) * stride + (width - 1) * dilation + 1;
        long[] from = in.strides();
        String storage = CudaTypes.storage(type);
        String weight = numbers.isPresent() ? CudaTypes.storage(DataType.INT8) : storage;
        String result = CudaTypes.storage(out.dataType());
        boolean words = numbers.isPresent() && inWords(op, weights, type, numbers.get(), vector);
        ElementSource source = new ElementSource("depthwise", new long[] {in.sizes()[0], out.sizes()[2],
            Sizes.ceilDiv(out.sizes()[3], PIXELS), channels / vector}).pointer("x", "const " + storage, Argument.input(0))
                .pointer("w", "const " + (words ? "int" : weight), Argument.constant(constants.linear(words ? rowsAsWords(weights)
                        : tapsFirst(weights, numbers.isPresent() ? DataType.INT8 : type))))
                .pointer("result", result, Argument.output(0))
                .extent(in.type().shape().elements() * (in.parentChannels() / channels + 1))
                .extent(out.type().shape().elements() * (out.parentChannels() / channels + 1));
        if (words) {
            sumWords(op, in, weights, vector, source);
            finish(op.epilogue(), operands, source, vector, numbers, constants);
            return source.call();
        }
        source.line("float sum[%d][%d];", PIXELS, vector).line("#pragma unroll")
                .line("for (int t = 0; t < %d; ++t) for (int e = 0; e < %d; ++e) sum[t][e] = 0;", PIXELS, vector)
                .line("const index_t channel = c3 * %d;", vector)
                .line("const index_t left = c2 * %d - (%d);", PIXELS * stride, op.padsBegin().get(1)).line("#pragma unroll")
                .line("for (int ky = 0; ky < %d; ++ky) {", height)
                .line("    const index_t iy = c1 * %d - (%d) + ky * %d;", op.strides().get(0), op.padsBegin().get(0), op.dilations().get(0))
                .line("    if (iy < 0 || iy >= %d) continue;", in.sizes()[2])
                .line("    Pack<%1$s, %2$d> taps[%3$d];", weight, vector, width).line("    #pragma unroll")
                .line("    for (int kx = 0; kx < %1$d; ++kx) taps[kx] = load_pack<%2$s, %3$d>(w + (ky * %1$d + kx) * %4$d + channel);",
                        width, weight, vector, channels)
                .line("    const %s* const row = x + c0 * %d + iy * %d + channel;", storage, from[0], from[2]).line("    #pragma unroll")
                .line("    for (int k = 0; k < %d; ++k) {", columns)
                .line("        const index_t ix = left + k;").line("        if (ix < 0 || ix >= %d) continue;", in.sizes()[3])
                .line("        const Pack<%1$s, %2$d> p = %4$s<%1$s, %2$d>(row + ix * %3$d);", storage, vector, from[3],
                        in.isSlice() ? "load_loose" : "load_pack")
                .line("        #pragma unroll").line("        for (int t = 0; t < %d; ++t) {", PIXELS)
                .line("            const int d = k - t * %d;", stride)
                .line("            if (d >= 0 && d %% %1$d == 0 && d / %1$d < %2$d) {", dilation, width)
                .line("                #pragma unroll")
                .line("                for (int e = 0; e < %d; ++e) sum[t][e] += %s * (float) get(taps[d / %d].v[e]);", vector,
                        numbers.filter(n -> n.zeroPoint != 0).map(n -> "((float) p.v[e] - " + n.zeroPoint + ".0f)")
                                .orElse("(float) get(p.v[e])"), dilation)
                .line("            }").line("        }").line("    }").line("}");
        finish(op.epilogue(), operands, source, vector, numbers, constants);
        return source.call();
    }

    /** Whether a row of the window fits a word, so that four products are summed at once. */
    private static boolean inWords(Convolution op, Tensor weights, DataType type, Numbers numbers, int vector) {
        long stride = op.strides().get(1);
        return type == DataType.INT8 && numbers.zeroPoint == 0 && vector % 4 == 0 && weights.size(3) == 3 && op.dilations().get(1) == 1
                && (stride == 1 || stride == 2);
    }

    /** The three weights of each row of the window in the low bytes of a word, channels innermost. */
    private static Tensor rowsAsWords(Tensor weights) {
        long channels = weights.size(0);
        long rows = weights.size(2);
        Tensor result = Tensor.zeros(DataType.INT32, rows, channels);
        for (long c = 0; c < channels; c++) {
            for (long r = 0; r < rows; r++) {
                long at = (c * rows + r) * 3;
                result.setLong(r * channels + c, weights.getLong(at) & 0xff | (weights.getLong(at + 1) & 0xff) << 8
                        | (weights.getLong(at + 2) & 0xff) << 16);
            }
        }
        return result;
    }

    /** Words of four channels of a pixel become words of four pixels of a channel, of which each result takes three. */
    private static void sumWords(Convolution op, TensorLayout in, Tensor weights, int vector, ElementSource source) {
        long stride = op.strides().get(1);
        long columns = (PIXELS - 1) * stride + 3;
        long pairs = Sizes.ceilDiv(columns, 2);
        long[] from = in.strides();
        source.line("int sum[%d][%d];", PIXELS, vector).line("#pragma unroll")
                .line("for (int t = 0; t < %d; ++t) for (int e = 0; e < %d; ++e) sum[t][e] = 0;", PIXELS, vector)
                .line("const index_t channel = c3 * %d;", vector)
                .line("const index_t left = c2 * %d - (%d);", PIXELS * stride, op.padsBegin().get(1)).line("#pragma unroll")
                .line("for (int ky = 0; ky < %d; ++ky) {", weights.size(2))
                .line("    const index_t iy = c1 * %d - (%d) + ky * %d;", op.strides().get(0), op.padsBegin().get(0), op.dilations().get(0))
                .line("    if (iy < 0 || iy >= %d) continue;", in.sizes()[2])
                .line("    const signed char* const row = x + c0 * %d + iy * %d + channel;", from[0], from[2])
                .line("    unsigned data[%d][%d];", 2 * pairs, vector / 4).line("    #pragma unroll")
                .line("    for (int k = 0; k < %d; ++k) {", 2 * pairs).line("        const index_t ix = left + k;")
                .line("        Pack<unsigned, %d> p;", vector / 4).line("        #pragma unroll")
                .line("        for (int i = 0; i < %d; ++i) p.v[i] = 0;", vector / 4)
                .line("        if (k < %d && ix >= 0 && ix < %d) p = %s<unsigned, %d>((const unsigned*) (row + ix * %d));", columns,
                        in.sizes()[3], in.isSlice() ? "load_loose" : "load_pack", vector / 4, from[3])
                .line("        #pragma unroll").line("        for (int i = 0; i < %d; ++i) data[k][i] = p.v[i];", vector / 4).line("    }")
                .line("    const Pack<int, %1$d> taps = load_pack<int, %1$d>(w + ky * %2$d + channel);", vector, in.sizes()[1])
                .line("    #pragma unroll").line("    for (int i = 0; i < %d; ++i) {", vector / 4)
                .line("        unsigned low[%1$d], high[%1$d];", pairs).line("        #pragma unroll")
                .line("        for (int j = 0; j < %d; ++j) {", pairs)
                .line("            low[j] = __byte_perm(data[2 * j][i], data[2 * j + 1][i], 0x5140);")
                .line("            high[j] = __byte_perm(data[2 * j][i], data[2 * j + 1][i], 0x7362);").line("        }")
                .line("        #pragma unroll").line("        for (int j = 0; j < %d; ++j) {", pairs - 1)
                .line("            #pragma unroll").line("            for (int e = 0; e < 4; ++e) {")
                .line("                const unsigned pixels = e < 2 ? __byte_perm(low[j], low[j + 1], e == 0 ? 0x5410 : 0x7632)")
                .line("                    : __byte_perm(high[j], high[j + 1], e == 2 ? 0x5410 : 0x7632);")
                .line("                const int tap = taps.v[i * 4 + e];");
        if (stride == 1) {
            source.line("                sum[2 * j][i * 4 + e] = __dp4a((int) pixels, tap, sum[2 * j][i * 4 + e]);")
                    .line("                sum[2 * j + 1][i * 4 + e] = __dp4a((int) pixels, tap << 8, sum[2 * j + 1][i * 4 + e]);");
        } else {
            source.line("                sum[j][i * 4 + e] = __dp4a((int) pixels, tap, sum[j][i * 4 + e]);");
        }
        source.line("            }").line("        }").line("    }").line("}");
    }

    private static void finish(PointwiseProgram epilogue, Operands operands, ElementSource source, int vector,
            Optional<Numbers> numbers, Constants constants) {
        TensorLayout out = operands.outputs().get(0);
        boolean biased = operands.inputs().size() > 2 && operands.inputs().get(2) != null;
        String result = CudaTypes.storage(out.dataType());
        if (numbers.isPresent()) {
            source.pointer("scales", "const float", Argument.constant(constants.linear(numbers.get().scales)))
                    .pointer("biases", "const float", Argument.constant(constants.linear(numbers.get().biases)));
            if (numbers.get().result.isPresent()) {
                source.pointer("range", "const float", Argument.constant(constants.linear(Tensor.floats(new long[] {2},
                        1 / numbers.get().result.get().scales().get(0), numbers.get().result.get().zeroPoint(0)))));
            }
        } else if (biased) {
            source.pointer("bias", "const " + CudaTypes.storage(operands.inputs().get(2).dataType()), Argument.input(2));
        }
        source.line("#pragma unroll").line("for (int t = 0; t < %d; ++t) {", PIXELS)
                .line("const index_t o3 = c2 * %d + t;", PIXELS).line("if (o3 >= %d) break;", out.sizes()[3])
                .line("Pack<%s, %d> packed;", result, vector).line("#pragma unroll").line("for (int e = 0; e < %d; ++e) {", vector)
                .line("const index_t o0 = c0, o1 = channel + e, o2 = c1;")
                .line("const float a0 = sum[t][e]%s;", numbers.isPresent() ? " * scales[o1] + biases[o1]"
                        : biased ? " + get(bias[o1])" : "");
        List<DataType> types = new ArrayList<>(List.of(DataType.FLOAT32));
        List<String> names = new ArrayList<>(List.of("a0"));
        for (int i = 1; i < epilogue.inputs(); i++) {
            int index = Convolution.EPILOGUE_INPUT + i - 1;
            TensorLayout layout = operands.inputs().get(index);
            source.pointer("epilogue" + i, "const " + CudaTypes.storage(layout.dataType()), Argument.input(index))
                    .line("const %s a%d = get(epilogue%d[%s]);", CudaTypes.math(layout.dataType()), i, i,
                            SourceText.offset("o", PointwiseSource.broadcastStrides(layout, 4)));
            Optional<QuantizationParameters> parameters = numbers.isPresent() && i <= numbers.get().operands.size()
                    ? numbers.get().operands.get(i - 1) : Optional.empty();
            parameters.ifPresent(p -> source.line("const float b%d = ((float) a%d - %d.0f) * %s;", index, index - 2, p.zeroPoint(0),
                    CudaTypes.literal(p.scales().get(0), DataType.FLOAT32)));
            types.add(parameters.isPresent() ? DataType.FLOAT32 : layout.dataType());
            names.add(parameters.isPresent() ? "b" + index : "a" + i);
        }
        SourceText text = new SourceText();
        String value = new PointwiseExpression(epilogue, types).emit(text, names, "r");
        if (numbers.isPresent() && numbers.get().result.isPresent()) {
            value = QuantizedExpression.round(text, value + " * range[0]", "range[1]", DataType.FLOAT32, out.dataType(), "q");
        }
        long[] to = out.strides();
        source.line("%s", text).line("packed.v[e] = put<%s>(%s);", result, value).line("}")
                .line("%s(result + c0 * %d + c1 * %d + o3 * %d + channel, packed);", out.isSlice() ? "store_loose" : "store_pack", to[0],
                        to[2], to[3])
                .line("}");
    }
}
