package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.CudaKernel;
import io.firesteel.backend.cuda.KernelText;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.backend.cuda.driver.KernelArguments;
import io.firesteel.op.Convolution;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * Convolution of each channel of symmetric signed bytes by itself with 3x3 taps: three products at once, no conversions but by the bits
 * of floats, rows of the data kept while they are needed.
 *
 * @param numbers scales and bias
 * @param convolution of as many groups as channels
 * @param epilogue what follows the sums
 * @param rows of the result that a thread makes
 */
record IntegerDepthwise(QuantizedNumbers numbers, Convolution convolution, IntegerEpilogue epilogue, long rows) {

    private static final String SOURCE = KernelText.of(IntegerDepthwise.class, "integer_depthwise.cu");
    private static final String NAME = "integer:depthwise:rows:";
    private static final int THREADS = 128;
    private static final int WORD = 4;
    private static final long TAPS = 3;
    private static final long LARGEST_SUM = 9 * 128 * 128;
    private static final List<Long> ROWS_OF_A_THREAD = List.of(7L, 4L, 14L);

    /** The ways for a layer; none where it is not of this form. */
    static List<IntegerDepthwise> of(QuantizedNumbers numbers) {
        Layer layer = numbers.layer();
        Convolution op = (Convolution) numbers.product();
        long[] in = layer.inputSizes(0);
        long[] w = layer.inputSizes(1);
        boolean fits = in.length == 4 && op.groups() == in[1] && w[0] == in[1] && w[1] == 1 && w[2] == TAPS && w[3] == TAPS
                && in[1] % WORD == 0 && op.dilations().stream().allMatch(d -> d == 1) && op.strides().get(0).equals(op.strides().get(1))
                && op.strides().get(0) <= 2 && numbers.program().inputs() == 1 && layer.output(0).shape().elements() > 0
                && Math.max(layer.output(0).shape().elements(), layer.input(0).shape().elements()) / in[1] < Integer.MAX_VALUE
                && signedBytes(numbers.parameters(0)) && signedBytes(numbers.op().output());
        return fits ? IntegerEpilogue.of(numbers).stream().flatMap(epilogue -> ROWS_OF_A_THREAD.stream()
                .filter(rows -> rows < 2 * layer.outputSizes(0)[2])
                .map(rows -> new IntegerDepthwise(numbers, op, epilogue, rows))).toList() : List.of();
    }

    private static boolean signedBytes(Optional<QuantizationParameters> parameters) {
        return parameters.filter(p -> p.dataType() == DataType.INT8 && p.isPerTensor() && p.isSymmetric()).isPresent();
    }

    RecipeTactic tactic(CudaContext context) {
        Layer layer = numbers.layer();
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        inputs[0] = TensorLayout.of(layer.input(0), TensorFormat.HWC);
        TensorLayout output = TensorLayout.of(layer.output(0), TensorFormat.HWC);
        return new RecipeTactic(NAME + rows, inputs, new TensorLayout[] {output},
                (operands, constants) -> prepare(context, operands, constants)).precision(Precision.FP32)
                .cost((double) inputs[0].bytes() + output.bytes()).slices(i -> false, i -> output.sizes()[1] % GraphTensor.ALIGNMENT == 0);
    }

    /** Threads of a result. */
    private long count() {
        long[] out = numbers.layer().outputSizes(0);
        return out[0] * Sizes.ceilDiv(out[2], rows) * Sizes.ceilDiv(out[3], pixels()) * (out[1] / WORD);
    }

    private long stride() {
        return convolution.strides().get(0);
    }

    private long pixels() {
        return stride() == 1 ? 4 : 2;
    }

    String text(long channelsOfX, long channelsOfY) {
        long[] in = numbers.layer().inputSizes(0);
        long[] out = numbers.layer().outputSizes(0);
        return InputPacking.define("THREADS", THREADS) + InputPacking.define("COUNT", count() + "LL")
                + InputPacking.define("WORDS", in[1] / WORD)
                + InputPacking.define("PITCH_X", channelsOfX / WORD) + InputPacking.define("PITCH_Y", channelsOfY / WORD)
                + InputPacking.define("HEIGHT", in[2]) + InputPacking.define("WIDTH", in[3]) + InputPacking.define("OUT_HEIGHT", out[2])
                + InputPacking.define("OUT_WIDTH", out[3]) + InputPacking.define("STRIDE", stride())
                + InputPacking.define("PAD_H", convolution.padsBegin().get(0))
                + InputPacking.define("PAD_W", convolution.padsBegin().get(1))
                + InputPacking.define("PIXELS", pixels()) + InputPacking.define("LINES", rows)
                + InputPacking.define("TILES_X", Sizes.ceilDiv(out[3], pixels()))
                + InputPacking.define("TILES_Y", Sizes.ceilDiv(out[2], rows))
                + InputPacking.define("WINDOWS", 2) + InputPacking.define("SIGNED_R", 1)
                + epilogue.defines(LARGEST_SUM, DataType.INT8)
                + IntegerEpilogue.SOURCE + SOURCE;
    }

    private Kernel prepare(CudaContext context, Operands operands, Constants constants) {
        CudaFunction compiled = context.compile("depthwise", text(operands.inputs().get(0).parentChannels(),
                operands.outputs().get(0).parentChannels())).function("depthwise");
        long taps = constants.linear(taps(numbers.layer().constant(1).orElseThrow()));
        long scales = numbers.address(QuantizedNumbers.SCALES, numbers.channels(), constants);
        long biases = numbers.address(EpilogueOperator.BIAS_INPUT, numbers.channels(), constants);
        int blocks = Math.toIntExact(Sizes.ceilDiv(count(), THREADS));
        return new CudaKernel(NAME + rows, 0, (stream, inputs, outputs, scratch) -> {
            KernelArguments arguments = new KernelArguments().pointer(inputs[0]).pointer(taps).pointer(scales).pointer(biases)
                    .pointer(outputs[0]).float32(numbers.resultFactor()).float32(0);
            epilogue.pass(arguments);
            return compiled.bind(stream, new int[] {blocks}, new int[] {THREADS}, 0, arguments);
        });
    }

    /** The three weights of each row of the window in the low bytes of a word, channels innermost. */
    private static Tensor taps(Tensor weights) {
        long channels = weights.size(0);
        Tensor result = Tensor.zeros(DataType.INT32, TAPS, channels);
        for (long c = 0; c < channels; c++) {
            for (long row = 0; row < TAPS; row++) {
                long at = (c * TAPS + row) * TAPS;
                result.setLong(row * channels + c, weights.getLong(at) & 0xff | (weights.getLong(at + 1) & 0xff) << 8
                        | (weights.getLong(at + 2) & 0xff) << 16);
            }
        }
        return result;
    }
}
