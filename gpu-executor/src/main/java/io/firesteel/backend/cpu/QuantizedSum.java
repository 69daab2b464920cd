package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.Activation;
import io.firesteel.backend.cpu.onednn.BinaryFunction;
import io.firesteel.backend.cpu.onednn.Elementwise;
import io.firesteel.backend.cpu.onednn.PostOp;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.backend.cpu.onednn.Rescaling;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Fused;
import io.firesteel.op.Operator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The sum of two tensors of bytes, then bounded from below by 0 where a Relu follows: {@code q = a * sa / s + b * sb / s + c},
 * all zero points in {@code c}.
 */
record QuantizedSum(Layer layer, QuantizationParameters first, QuantizationParameters second, QuantizationParameters result, boolean relu)
        implements QuantizedLayers.Problem {

    private static final List<Rescaling> SCALES = List.of(
            new Rescaling(Rescaling.Kind.SCALE, Rescaling.Operand.SOURCE, 0, 1),
            new Rescaling(Rescaling.Kind.SCALE, Rescaling.Operand.SECOND_SOURCE, 0, 1));

    static Optional<QuantizedLayers.Problem> of(Layer layer, Quantized op) {
        List<Operator> operators = operators(op.layer());
        boolean relu = operators.size() == 2 && operators.get(1) instanceof Activations.Relu;
        if (!(operators.get(0) instanceof Arithmetic.Add) || operators.size() > 1 && !relu || op.inputs().size() != 2
                || !layer.isVariable(0) || !layer.isVariable(1)
                || !Arrays.equals(layer.inputSizes(0), layer.inputSizes(1))) {
            return Optional.empty();
        }
        return Optional.of(new QuantizedSum(layer, op.inputs().get(0).orElseThrow(), op.inputs().get(1).orElseThrow(),
                op.output().orElseThrow(), relu));
    }

    /** The operators of a chain in which each continues the result of the one before. */
    private static List<Operator> operators(Operator layer) {
        if (!(layer instanceof Fused.PointwiseChain chain)) {
            return List.of(layer);
        }
        PointwiseProgram program = chain.program();
        List<Operator> operators = new ArrayList<>();
        for (int i = 0; i < program.instructions().size(); i++) {
            if (i > 0 && !program.instructions().get(i).operands().contains(program.inputs() + i - 1)) {
                return List.of(layer);
            }
            operators.add(program.instructions().get(i).operator());
        }
        return operators;
    }

    private Primitive primitive(TensorLayout a, TensorLayout b, TensorLayout sum) {
        double offset = result.zeroPoint(0) - (double) first.zeroPoint(0) * first.scales().get(0) / result.scales().get(0)
                - (double) second.zeroPoint(0) * second.scales().get(0) / result.scales().get(0);
        List<PostOp> postOps = new ArrayList<>();
        if (offset != 0) {
            postOps.add(new PostOp.Apply(new Activation(Activation.Kind.LINEAR, 1, (float) offset)));
        }
        if (relu) {
            postOps.add(new PostOp.Apply(new Activation(Activation.Kind.CLIP, result.zeroPoint(0), Float.MAX_VALUE)));
        }
        return Elementwise.binary(BinaryFunction.ADD, Target.desc(a), Target.desc(b), Target.desc(sum), postOps, SCALES);
    }

    @Override
    public Primitive probe(TensorLayout source, TensorLayout destination) {
        return primitive(source, TensorLayout.of(layer.input(1), source.format()), destination);
    }

    @Override
    public Kernel prepare(Operands operands, Constants constants) {
        Tensor a = Tensor.floats(new long[] {1}, first.scales().get(0) / result.scales().get(0));
        Tensor b = Tensor.floats(new long[] {1}, second.scales().get(0) / result.scales().get(0));
        Primitive primitive = primitive(operands.inputs().get(0), operands.inputs().get(1), operands.outputs().get(0));
        return new StagedKernel(new PrimitiveStage(primitive, List.of(Stage.Place.input(0), Stage.Place.input(1), Stage.Place.output(0),
                Stage.Place.constant(constants.linear(a)), Stage.Place.constant(constants.linear(b)))));
    }
}
