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
import io.firesteel.op.Activations;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.tensor.DataType;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleFunction;

/** A 1x1 convolution whose time is memory traffic, by {@link TileProduct}. */
final class TileConvolution {

    private static final int BIAS = 2;
    private static final long MOST_INNER = 512;

    /**
     * GELU by the error function: the logarithm of the odds of the normal distribution as a polynomial, fitted by least squares. It is
     * off by at most 7e-5, and by 0.0013 of what is larger than 0.001: less than rounding to 16 bits.
     */
    private static final String ERROR_GELU = "{ const float t = fminf(v * v, 25.0f); "
            + quotient("v * (-2.30054114f + t * (-0.107479531f + t * 0.00112060604f))") + " }";
    private static final String TANH_GELU = quotient("v * (-2.30220820f - 0.102943240f * v * v)");
    private static final String SWISH = quotient("v * -1.44269504f");

    private TileConvolution() { }

    /** Empty where the convolution is not one of these, or its epilogue is more than a residual and an activation. */
    static Optional<RecipeTactic> tactic(Layer layer, PointwiseProgram program, int firstInput, ComputeType compute, Window window,
            long groups, CudaContext context) {
        long[] w = layer.inputSizes(1);
        boolean pointwise = w.length == 4 && w[2] == 1 && w[3] == 1 && groups == 1
                && window.strides().stream().allMatch(s -> s == 1) && window.padsBegin().stream().allMatch(p -> p == 0)
                && window.padsEnd().stream().allMatch(p -> p == 0);
        Optional<String> function = function(layer, program, firstInput);
        if (!pointwise || w[1] % compute.block() != 0 || w[0] % compute.block() != 0 || w[1] > MOST_INNER || function.isEmpty()
                || compute.type() == DataType.FLOAT32
                || Sizes.product(layer.outputSizes(0), 0, 4) / w[0] > Integer.MAX_VALUE) {
            return Optional.empty();
        }
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        inputs[0] = TensorLayout.of(layer.input(0).withDataType(compute.type()), TensorFormat.HWC);
        TensorLayout output = TensorLayout.of(layer.output(0).withDataType(compute.type()), TensorFormat.HWC);
        boolean residual = program.inputs() == 2;
        if (residual) {
            inputs[firstInput] = output;
        }
        double bytes = inputs[0].bytes() + output.bytes() * (residual ? 2.0 : 1.0);
        double products = (double) layer.output(0).shape().elements() * w[1];
        return Optional.of(new RecipeTactic("tile", inputs, new TensorLayout[] {output},
                (operands, constants) -> prepare(layer, compute, residual ? firstInput : -1, function.get(), context, operands, constants))
                .precision(compute.precision()).cost(bytes + products * 0.012)
                .inPlace(residual ? java.util.Set.of(firstInput) : java.util.Set.of())
                .slices(i -> true, i -> true));
    }

    private static Kernel prepare(Layer layer, ComputeType compute, int residual, String function, CudaContext context,
            Operands operands, Constants constants) {
        long[] w = layer.inputSizes(1);
        TileProduct product = new TileProduct(compute.type(), w[1], w[0], operands.inputs().get(0).parentChannels(),
                operands.outputs().get(0).parentChannels(), residual < 0 ? 0 : operands.inputs().get(residual).parentChannels(), function);
        long weights = new WeightForm(compute.type(), List.of(WeightForm.Axis.of(product.paddedColumns(), w[0], w[1]),
                WeightForm.Axis.of(product.paddedInner(), w[1], 1))).of(layer.constant(1).orElseThrow(), constants, context);
        WeightForm vector = new WeightForm(DataType.FLOAT32, List.of(WeightForm.Axis.of(product.paddedColumns(), w[0], 1)));
        long bias = layer.constant(BIAS).map(c -> vector.of(c, constants, context)).orElse(0L);
        CudaFunction compiled = product.compile(context);
        int rows = Math.toIntExact(layer.output(0).shape().elements() / w[0]);
        return new CudaKernel("tile", 0, (stream, inputs, outputs, scratch) -> product.bind(compiled, stream, inputs[0], weights, bias,
                residual < 0 ? 0 : inputs[residual], outputs[0], rows));
    }

    static Optional<String> function(Layer layer, PointwiseProgram program, int firstInput) {
        return function(layer, program, firstInput, value -> "(float) " + value);
    }

    /**
     * The program as device code: a chain on {@code v} that may add the residual {@code r} once.
     *
     * @param literal device code of a number
     */
    static Optional<String> function(Layer layer, PointwiseProgram program, int firstInput, DoubleFunction<String> literal) {
        if (program.inputs() > 2 || program.inputs() == 2 && !(layer.isVariable(firstInput)
                && layer.input(firstInput).shape().equals(layer.output(0).shape()))) {
            return Optional.empty();
        }
        StringBuilder code = new StringBuilder();
        int current = 0;
        boolean added = false;
        for (int i = 0; i < program.instructions().size(); i++) {
            PointwiseProgram.Instruction instruction = program.instructions().get(i);
            List<Integer> operands = instruction.operands();
            if (operands.size() == 2 && instruction.operator().name().equals("Add") && !added && program.inputs() == 2
                    && operands.contains(current) && operands.contains(1) && current != 1) {
                code.append("v += r; ");
                added = true;
            } else if (operands.equals(List.of(current))) {
                Optional<String> unary = unary(instruction.operator(), literal);
                if (unary.isEmpty()) {
                    return Optional.empty();
                }
                code.append(unary.get()).append(' ');
            } else {
                return Optional.empty();
            }
            current = program.inputs() + i;
        }
        return program.inputs() == 2 && !added ? Optional.empty() : Optional.of(code.toString());
    }

    /** {@code v} divided by one and a power of two, without the steps that keep denormal numbers. */
    private static String quotient(String exponent) {
        return "{ float power; asm(\"ex2.approx.ftz.f32 %0, %1;\" : \"=f\"(power) : \"f\"(" + exponent + ")); "
                + "v = __fdividef(v, 1.0f + power); }";
    }

    private static Optional<String> unary(PointwiseOperator operator, DoubleFunction<String> literal) {
        if (operator instanceof Activations.ClipTo clip && Double.isFinite(clip.lower()) && Double.isFinite(clip.upper())) {
            return Optional.of("v = fminf(fmaxf(v, " + literal.apply(clip.lower()) + "), " + literal.apply(clip.upper()) + ");");
        }
        if (operator instanceof Activations.Swish swish && swish.alpha() == 1) {
            return Optional.of(SWISH);
        }
        if (operator instanceof Activations.Gelu gelu) {
            return Optional.of(gelu.tanh() ? TANH_GELU : ERROR_GELU);
        }
        return switch (operator.name()) {
            case "Relu" -> Optional.of("v = v < 0 ? 0 : v;");
            case "HardSwish" -> Optional.of("v = v * fminf(fmaxf(v * (1.0f / 6) + 0.5f, 0.0f), 1.0f);");
            default -> Optional.empty();
        };
    }
}
