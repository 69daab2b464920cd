package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.CudaKernel;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.op.Convolution;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.MatMul;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * A convolution with a small window or a product with one constant matrix, of bytes, by {@link IntegerProduct}. Images of few
 * channels become blocks of pixels first.
 *
 * @param numbers scales and bias
 * @param columns columns of the result
 * @param columnStep elements of the weights from one column to the next
 * @param summands where the weights of each summand are among those of a column, negative for zeros
 * @param packing how the image is rearranged first, or null
 * @param window rows and columns of the window over the image
 * @param strides how it moves
 * @param pads rows above and columns before the image
 * @param planes channels of an image that is read as it lies, plane by plane ({@link IntegerImage}); 0 for others
 * @param epilogue what follows the sums
 */
record IntegerRows(QuantizedNumbers numbers, long columns, long columnStep, List<Long> summands, InputPacking packing, List<Long> window,
        List<Long> strides, List<Long> pads, long planes, IntegerEpilogue epilogue) {

    private static final long MOST_INNER = 3072;
    private static final long MOST_INNER_OF_WINDOWS = 640;
    private static final long FEW_CHANNELS = 4;
    /** Memory traffic that takes as long as one multiplication and addition. */
    private static final double BYTES_PER_PRODUCT = 0.01;
    private static final List<Long> ONE = List.of(1L, 1L);
    private static final List<Long> NONE = List.of(0L, 0L);

    /** One for each layout of the data that there is a way for; none where the layer is not one of these. */
    static List<IntegerRows> of(QuantizedNumbers numbers) {
        Layer layer = numbers.layer();
        Optional<IntegerEpilogue> epilogue = IntegerEpilogue.of(numbers);
        boolean fits = epilogue.isPresent() && layer.output(0).shape().elements() > 0
                && layer.output(0).shape().elements() / numbers.channels() < Integer.MAX_VALUE / 2
                && (numbers.program().inputs() == 1 || numbers.isQuantized(EpilogueOperator.EPILOGUE_INPUT));
        if (!fits) {
            return List.of();
        }
        List<IntegerRows> all = new ArrayList<>();
        if (numbers.product() instanceof Convolution convolution) {
            convolutions(numbers, convolution, epilogue.get()).forEach(all::add);
        } else if (numbers.product() instanceof MatMul matmul) {
            matrix(numbers, matmul, epilogue.get()).ifPresent(all::add);
        }
        all.removeIf(r -> r.summands.size() % 4 != 0 || r.columns * r.result().bytes() % 4 != 0);
        return all;
    }

    private static Optional<IntegerRows> matrix(QuantizedNumbers numbers, MatMul matmul, IntegerEpilogue epilogue) {
        long[] w = numbers.layer().inputSizes(1);
        long[] x = numbers.layer().inputSizes(0);
        if (w.length != 2 || x.length < 2 || matmul.transposeA() || x[x.length - 1] > MOST_INNER) {
            return Optional.empty();
        }
        long inner = x[x.length - 1];
        long step = matmul.transposeB() ? 1 : numbers.channels();
        return Optional.of(new IntegerRows(numbers, numbers.channels(), matmul.transposeB() ? inner : 1,
                LongStream.range(0, inner).mapToObj(k -> k * step).toList(), null, ONE, ONE, NONE, 0, epilogue));
    }

    private static List<IntegerRows> convolutions(QuantizedNumbers numbers, Convolution convolution, IntegerEpilogue epilogue) {
        Layer layer = numbers.layer();
        long[] w = layer.inputSizes(1);
        boolean padded = Stream.of(convolution.padsBegin(), convolution.padsEnd()).flatMap(List::stream).anyMatch(p -> p != 0);
        boolean symmetric = numbers.parameters(0).orElseThrow().isSymmetric();
        if (w.length != 4 || convolution.groups() != 1 || padded && !symmetric
                || Stream.of(convolution.padsBegin(), convolution.padsEnd()).flatMap(List::stream).anyMatch(p -> p < 0)
                || convolution.dilations().stream().anyMatch(d -> d != 1)) {
            return List.of();
        }
        long taps = w[2] * w[3];
        List<IntegerRows> all = new ArrayList<>();
        if (w[1] <= FEW_CHANNELS && layer.input(0).dataType() == DataType.INT8 && symmetric) {
            Window window = new Window(convolution.strides(), convolution.dilations(), convolution.padsBegin(), convolution.padsEnd());
            for (TensorFormat format : List.of(TensorFormat.LINEAR, TensorFormat.HWC)) {
                ConvolutionProblem problem = ConvolutionProblem.spaceToDepth(layer, new Epilogue(numbers, 1), ComputeType.bytes(layer),
                        window, TensorLayout.of(layer.input(0), format));
                all.add(new IntegerRows(numbers, w[0], w[1] * taps, problem.weights().axes().get(1).starts(), problem.packing(),
                        problem.kernel().subList(2, 4), ONE, problem.window().padsBegin(), 0, epilogue));
            }
            List<Long> reach = List.of(w[2], w[3]);
            if (numbers.program().inputs() == 1 && IntegerImage.fits(w[1], reach, convolution.strides(), layer.inputSizes(0)[3])) {
                all.add(new IntegerRows(numbers, w[0], w[1] * taps, IntegerImage.summands(w[1], reach), null, reach, convolution.strides(),
                        convolution.padsBegin(), w[1], epilogue));
            }
        } else if (taps == 1 && !padded ? w[1] <= MOST_INNER : w[1] % 16 == 0 && w[1] * taps <= MOST_INNER_OF_WINDOWS) {
            List<Long> summands = new ArrayList<>();
            for (long tap = 0; tap < taps; tap++) {
                for (long c = 0; c < w[1]; c++) {
                    summands.add(c * taps + tap);
                }
            }
            all.add(new IntegerRows(numbers, w[0], w[1] * taps, summands, null, List.of(w[2], w[3]), convolution.strides(),
                    convolution.padsBegin(), 0, epilogue));
        }
        all.removeIf(r -> r.summands.size() > MOST_INNER);
        return all;
    }

    private DataType result() {
        return ComputeType.bytes(numbers.layer()).inMemory(numbers.layer().output(0).dataType());
    }

    private boolean isImage() {
        return numbers.product() instanceof Convolution;
    }

    private boolean hasResidual() {
        return numbers.program().inputs() == 2;
    }

    /** One with the data in registers, and those that stream data through shared memory; for planes the only one. */
    List<Tactic> tactics(CudaContext context) {
        List<Tactic> all = new ArrayList<>();
        if (planes > 0) {
            return List.of(tactic(context, "integer:image", operands -> {
                IntegerImage image = new IntegerImage(product(operands), planes);
                CudaFunction compiled = image.compile(context);
                return (stream, addresses, values) -> image.bind(compiled, stream, addresses, values);
            }).slices(i -> false, i -> isWhole(output())));
        }
        String name = "integer:rows" + (packing == null ? "" : ":" + input().format());
        all.add(tactic(context, name, operands -> {
            IntegerProduct product = product(operands);
            CudaFunction compiled = product.compile(context);
            return (stream, addresses, values) -> product.bind(compiled, stream, addresses, values);
        }).slices(i -> isWhole(i == 0 ? input() : residual()), i -> isWhole(output())));
        if (packing == null) {
            TensorLayout[] inputs = inputs();
            for (IntegerStream form : IntegerStream.of(product(inputs[0], output(), hasResidual() ? residual() : null), context.device())) {
                all.add(tactic(context, form.name(), operands -> {
                    IntegerStream streaming = form.of(product(operands));
                    CudaFunction compiled = streaming.compile(context);
                    return (stream, addresses, values) -> streaming.bind(compiled, stream, addresses, values);
                }).slices(i -> false, i -> isWhole(output())));
            }
        }
        return all;
    }

    private TensorLayout input() {
        return packing == null ? TensorLayout.of(numbers.layer().input(0), planes > 0 ? TensorFormat.LINEAR : format()) : packing.from();
    }

    private TensorLayout residual() {
        return TensorLayout.of(numbers.layer().input(EpilogueOperator.EPILOGUE_INPUT), format());
    }

    private TensorLayout output() {
        return TensorLayout.of(numbers.layer().output(0).withDataType(result()), format());
    }

    private TensorFormat format() {
        return isImage() ? TensorFormat.HWC : TensorFormat.LINEAR;
    }

    private TensorLayout[] inputs() {
        TensorLayout[] inputs = new TensorLayout[numbers.layer().inputCount()];
        inputs[0] = input();
        if (hasResidual()) {
            inputs[EpilogueOperator.EPILOGUE_INPUT] = residual();
        }
        return inputs;
    }

    private RecipeTactic tactic(CudaContext context, String name, Function<Operands, Binding> kernel) {
        TensorLayout[] inputs = inputs();
        TensorLayout output = output();
        int residual = EpilogueOperator.EPILOGUE_INPUT;
        double bytes = inputs[0].bytes() + output.bytes() + (hasResidual() ? inputs[residual].bytes() : 0.0)
                + (packing == null ? 0 : 2.0 * packing.bytes());
        double products = (double) numbers.layer().output(0).shape().elements() * summands.size();
        boolean inPlace = hasResidual() && result().bytes() == 1;
        return new RecipeTactic(name, inputs, new TensorLayout[] {output},
                (operands, constants) -> prepare(context, name, operands, constants, kernel.apply(operands))).precision(Precision.FP32)
                .cost(bytes + products * BYTES_PER_PRODUCT).inPlace(inPlace ? Set.of(residual) : Set.of());
    }

    /** A compiled kernel. */
    @FunctionalInterface
    private interface Binding {
        Launch bind(CudaStream stream, long[] addresses, float[] numbers);
    }

    /** Whether slices of a layout begin and end where 16 bytes do. */
    private static boolean isWhole(TensorLayout layout) {
        return layout.format() == TensorFormat.HWC && layout.sizes()[1] * layout.dataType().bytes() % GraphTensor.ALIGNMENT == 0;
    }

    /** Elements from one row to the next. */
    private long pitch(TensorLayout layout) {
        return isImage() ? layout.parentChannels() : columns;
    }

    private IntegerProduct.Rows rows(TensorLayout x) {
        Layer layer = numbers.layer();
        long count = layer.output(0).shape().elements() / columns;
        if (!isImage()) {
            return IntegerProduct.Rows.every(count, summands.size());
        }
        if (packing == null && window.equals(ONE) && strides.equals(ONE)) {
            return IntegerProduct.Rows.every(count, x.parentChannels());
        }
        long[] in = layer.inputSizes(0);
        long[] out = layer.outputSizes(0);
        List<Long> sizes = packing == null ? List.of(in[2], in[3], out[2], out[3])
                : List.of(packing.height(), packing.width(), out[2], out[3]);
        return new IntegerProduct.Rows(count, packing == null ? x.parentChannels() : packing.channels(), sizes, window, strides, pads);
    }

    /** The kernel's source and sizes. */
    IntegerProduct product(Operands operands) {
        return product(operands.inputs().get(0), operands.outputs().get(0),
                hasResidual() ? operands.inputs().get(EpilogueOperator.EPILOGUE_INPUT) : null);
    }

    private IntegerProduct product(TensorLayout x, TensorLayout y, TensorLayout r) {
        return new IntegerProduct(x.dataType() == DataType.INT8, summands.size(), columns, rows(x), pitch(y), r == null ? null : r.dataType(),
                r == null ? 0 : pitch(r), y.dataType(), epilogue);
    }

    private Kernel prepare(CudaContext context, String name, Operands operands, Constants constants, Binding kernel) {
        Layer layer = numbers.layer();
        IntegerProduct product = product(operands);
        WeightForm form = product.weights(LongStream.range(0, columns).mapToObj(c -> c * columnStep).toList(), summands);
        long weights = form.of(layer.constant(1).orElseThrow(), constants, context);
        long scales = numbers.address(QuantizedNumbers.SCALES, product.paddedColumns(), constants);
        long biases = numbers.address(EpilogueOperator.BIAS_INPUT, product.paddedColumns(), constants);
        int residual = EpilogueOperator.EPILOGUE_INPUT;
        float[] values = new float[4];
        values[0] = hasResidual() ? numbers.factor(residual) : 0;
        values[1] = hasResidual() ? numbers.parameters(residual).map(p -> p.zeroPoint(0)).orElse(0L) : 0;
        values[2] = numbers.resultFactor();
        values[3] = numbers.op().output().map(p -> p.zeroPoint(0)).orElse(0L);
        CudaFunction packer = packing == null ? null : packing.compile(context);
        return new CudaKernel(name, packing == null ? 0 : packing.bytes(), (stream, inputs, outputs, scratch) -> {
            Launch launch = kernel.bind(stream, new long[] {packing == null ? inputs[0] : scratch, weights, scales, biases,
                hasResidual() ? inputs[residual] : 0, outputs[0]}, values);
            return packing == null ? launch : Launch.sequence(List.of(packing.bind(packer, stream, inputs[0], scratch), launch));
        });
    }
}
