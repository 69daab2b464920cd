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
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.op.Convolution;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.MatMul;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A 1x1 convolution or a product with one constant matrix, of bytes, by {@link IntegerProduct}.
 *
 * @param numbers scales and bias
 * @param inner summands
 * @param columns columns of the result
 * @param columnStep elements of the weights from one column to the next
 * @param innerStep elements of the weights from one summand to the next
 * @param function the epilogue as device code
 * @param parameters what the function names
 */
record IntegerRows(QuantizedNumbers numbers, long inner, long columns, long columnStep, long innerStep, String function,
        List<Float> parameters) {

    private static final long MOST_INNER = 3072;
    /** Memory traffic that takes as long as one multiplication and addition. */
    private static final double BYTES_PER_PRODUCT = 0.01;

    /** Empty where the layer is not one of these. */
    static Optional<IntegerRows> of(QuantizedNumbers numbers) {
        Layer layer = numbers.layer();
        long[] w = layer.inputSizes(1);
        long[] x = layer.inputSizes(0);
        List<Float> parameters = new ArrayList<>();
        PointwiseProgram program = numbers.program();
        Optional<String> function = TileConvolution.function(layer, program, EpilogueOperator.EPILOGUE_INPUT, value -> {
            parameters.add((float) value);
            return "p" + (parameters.size() - 1);
        });
        boolean fits = function.isPresent() && parameters.size() <= IntegerProduct.PARAMETERS && layer.output(0).shape().elements() > 0
                && layer.output(0).shape().elements() / numbers.channels() < Integer.MAX_VALUE / 2
                && (program.inputs() == 1 || numbers.isQuantized(EpilogueOperator.EPILOGUE_INPUT));
        if (!fits) {
            return Optional.empty();
        }
        IntegerRows rows;
        if (numbers.product() instanceof Convolution convolution) {
            boolean pointwise = w.length == 4 && w[2] == 1 && w[3] == 1 && convolution.groups() == 1
                    && convolution.padsBegin().stream().allMatch(p -> p == 0) && convolution.padsEnd().stream().allMatch(p -> p == 0);
            rows = new IntegerRows(numbers, w[1], w[0], w[1], 1, function.get(), parameters);
            if (!pointwise) {
                return Optional.empty();
            }
        } else if (numbers.product() instanceof MatMul matmul) {
            boolean plain = w.length == 2 && x.length >= 2 && !matmul.transposeA();
            long inner = x[x.length - 1];
            rows = new IntegerRows(numbers, inner, numbers.channels(), matmul.transposeB() ? inner : 1,
                    matmul.transposeB() ? 1 : numbers.channels(), function.get(), parameters);
            if (!plain) {
                return Optional.empty();
            }
        } else {
            return Optional.empty();
        }
        return rows.inner % 4 == 0 && rows.inner <= MOST_INNER && rows.columns * rows.result().bytes() % 4 == 0
                ? Optional.of(rows) : Optional.empty();
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

    RecipeTactic tactic(CudaContext context) {
        Layer layer = numbers.layer();
        TensorFormat format = isImage() ? TensorFormat.HWC : TensorFormat.LINEAR;
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        inputs[0] = TensorLayout.of(layer.input(0), format);
        TensorLayout output = TensorLayout.of(layer.output(0).withDataType(result()), format);
        int residual = EpilogueOperator.EPILOGUE_INPUT;
        if (hasResidual()) {
            inputs[residual] = TensorLayout.of(layer.input(residual), format);
        }
        double bytes = inputs[0].bytes() + output.bytes() + (hasResidual() ? inputs[residual].bytes() : 0.0);
        double products = (double) layer.output(0).shape().elements() * inner;
        boolean inPlace = hasResidual() && result().bytes() == 1;
        return new RecipeTactic("integer:rows", inputs, new TensorLayout[] {output},
                (operands, constants) -> prepare(context, operands, constants)).precision(Precision.FP32)
                .cost(bytes + products * BYTES_PER_PRODUCT).inPlace(inPlace ? Set.of(residual) : Set.of())
                .slices(i -> isWhole(inputs[i]), i -> isWhole(output));
    }

    /** Whether slices of a layout begin and end where 16 bytes do. */
    private static boolean isWhole(TensorLayout layout) {
        return layout.format() == TensorFormat.HWC && layout.sizes()[1] * layout.dataType().bytes() % GraphTensor.ALIGNMENT == 0;
    }

    /** Elements from one row to the next. */
    private long pitch(TensorLayout layout, long alone) {
        return isImage() ? layout.parentChannels() : alone;
    }

    private IntegerProduct.Rows rows(TensorLayout x) {
        Layer layer = numbers.layer();
        long count = layer.output(0).shape().elements() / columns;
        if (!(numbers.product() instanceof Convolution convolution)) {
            return IntegerProduct.Rows.every(count, inner);
        }
        long[] in = layer.inputSizes(0);
        long[] out = layer.outputSizes(0);
        return new IntegerProduct.Rows(count, x.parentChannels(), List.of(in[2], in[3], out[2], out[3]), convolution.strides());
    }

    /** The kernel's source and sizes. */
    IntegerProduct product(Operands operands) {
        int residual = EpilogueOperator.EPILOGUE_INPUT;
        TensorLayout x = operands.inputs().get(0);
        TensorLayout y = operands.outputs().get(0);
        TensorLayout r = hasResidual() ? operands.inputs().get(residual) : null;
        return new IntegerProduct(x.dataType() == DataType.INT8, inner, columns, rows(x), pitch(y, columns),
                r == null ? null : r.dataType(), r == null ? 0 : pitch(r, columns), y.dataType(), numbers.resultFactor() != 1, function);
    }

    private Kernel prepare(CudaContext context, Operands operands, Constants constants) {
        Layer layer = numbers.layer();
        IntegerProduct product = product(operands);
        CudaFunction compiled = product.compile(context);
        long weights = product.weights(columnStep, innerStep).of(layer.constant(1).orElseThrow(), constants, context);
        long scales = numbers.address(QuantizedNumbers.SCALES, product.paddedColumns(), constants);
        long biases = numbers.address(EpilogueOperator.BIAS_INPUT, product.paddedColumns(), constants);
        int residual = EpilogueOperator.EPILOGUE_INPUT;
        float[] values = new float[4 + parameters.size()];
        values[0] = hasResidual() ? numbers.factor(residual) : 0;
        values[1] = hasResidual() ? numbers.parameters(residual).map(p -> p.zeroPoint(0)).orElse(0L) : 0;
        values[2] = numbers.resultFactor();
        values[3] = numbers.op().output().map(p -> p.zeroPoint(0)).orElse(0L);
        for (int i = 0; i < parameters.size(); i++) {
            values[4 + i] = parameters.get(i);
        }
        return new CudaKernel("integer:rows", 0, (stream, inputs, outputs, scratch) -> product.bind(compiled, stream,
                new long[] {inputs[0], weights, scales, biases, hasResidual() ? inputs[residual] : 0, outputs[0]}, values));
    }
}
