package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.CudaKernel;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.op.Convolution;
import io.firesteel.op.NormalizedConvolution;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A convolution of an image of few channels, perhaps of bytes that are normalized first, with stride 2, by {@link StemProduct}. */
final class StemConvolution {

    private static final int BIAS = 2;
    private static final long MOST_CHANNELS = 4;
    private static final long MOST_OUTPUTS = 64;
    private static final long MOST_ROWS = 7;
    private static final long MOST_COLUMNS = 7;
    private static final long LARGEST_IMAGE = 448;
    private static final double BYTES_PER_PRODUCT = 0.012;

    private StemConvolution() { }

    /** None where the convolution is not one of these, or its epilogue is more than activations. */
    static List<Tactic> tactics(Layer layer, Convolution op, ComputeType compute, CudaContext context) {
        List<Tactic> tactics = new ArrayList<>();
        Optional<String> function = TileConvolution.function(layer, op.epilogue(), Convolution.EPILOGUE_INPUT, value -> "(float) " + value);
        long[] w = layer.inputSizes(1);
        boolean fits = w.length == 4 && op.groups() == 1 && compute.type().bytes() == 2 && w[1] <= MOST_CHANNELS && w[0] <= MOST_OUTPUTS
                && w[0] % compute.block() == 0 && w[2] <= MOST_ROWS && w[3] <= MOST_COLUMNS && layer.inputSizes(0)[3] <= LARGEST_IMAGE
                && op.strides().stream().allMatch(s -> s == 2) && op.dilations().stream().allMatch(d -> d == 1)
                && op.padsBegin().stream().allMatch(p -> p >= 0);
        if (!fits || function.isEmpty() || op.epilogue().inputs() != 1) {
            return tactics;
        }
        TensorLayout output = TensorLayout.of(layer.output(0).withDataType(compute.type()), TensorFormat.HWC);
        double products = (double) layer.output(0).shape().elements() * w[1] * w[2] * w[3];
        Set<TensorLayout> images = new LinkedHashSet<>(List.of(TensorLayout.linear(layer.input(0)),
                layer.operator() instanceof NormalizedConvolution ? TensorLayout.of(layer.input(0), TensorFormat.HWC)
                        : TensorLayout.linear(layer.input(0).withDataType(compute.type()))));
        for (TensorLayout image : images) {
            TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
            inputs[0] = image;
            String format = image.format() == TensorFormat.LINEAR ? "" : image.format() + ":";
            String name = "stem:" + format + image.dataType().label();
            tactics.add(new RecipeTactic(name, inputs, new TensorLayout[] {output},
                    (operands, constants) -> prepare(layer, op, compute, image, function.get(), context, operands, constants))
                    .precision(compute.precision()).cost(image.bytes() + output.bytes() + products * BYTES_PER_PRODUCT)
                    .slices(i -> false, i -> true));
        }
        return tactics;
    }

    private static Kernel prepare(Layer layer, Convolution op, ComputeType compute, TensorLayout image, String function,
            CudaContext context, Operands operands, Constants constants) {
        long[] w = layer.inputSizes(1);
        StemProduct product = new StemProduct(compute.type(), image, Normalization.of(layer), layer.outputSizes(0), w[2], w[3],
                op.padsBegin().get(0), op.padsBegin().get(1), operands.outputs().get(0).parentChannels(), function);
        long weights = product.weights().of(layer.constant(1).orElseThrow(), constants, context);
        long bias = layer.constant(BIAS).map(c -> new WeightForm(DataType.FLOAT32, List.of(WeightForm.Axis.of(w[0], w[0], 1)))
                .of(c, constants, context)).orElse(0L);
        CudaFunction compiled = product.compile(context);
        return new CudaKernel("stem", 0, (stream, inputs, outputs, scratch) ->
                product.bind(compiled, stream, inputs[0], weights, bias, outputs[0]));
    }
}
