package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.Activation;
import io.firesteel.backend.cpu.onednn.BinaryFunction;
import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.Elementwise;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.PostOp;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.backend.cpu.onednn.Rescaling;
import io.firesteel.op.Fused;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Pointwise operators on bytes: one pass that reads bytes, computes in fp32 and writes bytes. It begins with a combination of two
 * tensors of bytes or with the scaling of one; the rest follows as post-operations.
 *
 * @param combination the first instruction, or MUL of the first operand with its scale
 * @param second the node input that is the second operand, or -1 where that is the scale
 * @param rest what follows
 */
record QuantizedPointwise(Layer layer, Quantized op, BinaryFunction combination, int first, int second, Epilogue rest)
        implements QuantizedLayers.Problem {

    static Optional<QuantizedLayers.Problem> of(Layer layer, Quantized op) {
        Optional<PointwiseProgram> program = program(op, layer.inputCount());
        if (program.isEmpty() || !QuantizedLayers.areOfBytes(op.output()) || op.inputs().size() != layer.inputCount()
                || IntStream.range(0, layer.inputCount()).anyMatch(i -> !isReadable(layer, op, i))) {
            return Optional.empty();
        }
        Optional<QuantizedLayers.Problem> combined = combining(layer, op, program.get());
        if (combined.isPresent() || !layer.isVariable(0) || op.inputs().get(0).isEmpty() || !isWhole(layer, 0)) {
            return combined;
        }
        return Epilogue.of(program.get(), layer, 1, op.inputs()).filter(rest -> broadcasts(layer))
                .map(rest -> new QuantizedPointwise(layer, op, BinaryFunction.MUL, 0, -1, rest));
    }

    private static Optional<PointwiseProgram> program(Quantized op, int operands) {
        if (op.layer() instanceof Fused.PointwiseChain chain) {
            return Optional.of(chain.program());
        }
        return op.layer() instanceof PointwiseOperator operator && operator.arity() == operands
                ? Optional.of(new PointwiseProgram(operands, List.of(new PointwiseProgram.Instruction(operator,
                        IntStream.range(0, operands).boxed().toList())))) : Optional.empty();
    }

    /** The first instruction between two tensors of bytes, where it is one. */
    private static Optional<QuantizedLayers.Problem> combining(Layer layer, Quantized op, PointwiseProgram program) {
        if (program.isIdentity()) {
            return Optional.empty();
        }
        PointwiseProgram.Instruction start = program.instructions().get(0);
        List<Integer> operands = start.operands();
        Optional<BinaryFunction> function = PointwiseFunctions.binary(start.operator());
        if (operands.size() != 2 || function.isEmpty() || operands.stream().anyMatch(i -> i >= program.inputs()
                || !layer.isVariable(i) || op.inputs().get(i).isEmpty())) {
            return Optional.empty();
        }
        BinaryFunction f = function.get();
        boolean swapped = !isWhole(layer, operands.get(0)) && f != BinaryFunction.SUB && f != BinaryFunction.DIV;
        int first = operands.get(swapped ? 1 : 0);
        int second = operands.get(swapped ? 0 : 1);
        boolean shifts = f == BinaryFunction.ADD || f == BinaryFunction.SUB;
        boolean symmetric = op.inputs().get(first).orElseThrow().isSymmetric() && op.inputs().get(second).orElseThrow().isSymmetric();
        if (first == second || !isWhole(layer, first) || !symmetric && !shifts || !broadcasts(layer)) {
            return Optional.empty();
        }
        return Epilogue.of(program, layer, 1, op.inputs(), 1).map(rest -> new QuantizedPointwise(layer, op, f, first, second, rest));
    }

    private static boolean isReadable(Layer layer, Quantized op, int input) {
        return layer.isVariable(input) ? QuantizedLayers.areOfBytes(op.inputs().get(input))
                : op.inputs().get(input).isEmpty() && layer.input(input).dataType() == DataType.FLOAT32;
    }

    private static boolean isWhole(Layer layer, int input) {
        return Arrays.equals(layer.inputSizes(input), layer.outputSizes(0));
    }

    /** Whether all operands that are no scalars have the rank of the result. */
    private static boolean broadcasts(Layer layer) {
        return IntStream.range(0, layer.inputCount()).allMatch(i -> layer.input(i).shape().rank() == layer.output(0).shape().rank()
                || layer.constant(i).isPresent() && layer.constant(i).get().elements() == 1);
    }

    private QuantizationParameters parameters(int input) {
        return op.inputs().get(input).orElseThrow();
    }

    private Primitive primitive(MemoryDesc a, MemoryDesc b, MemoryDesc result, List<PostOp> chain) {
        QuantizationParameters from = parameters(first);
        QuantizationParameters to = op.output().orElseThrow();
        List<PostOp> postOps = new ArrayList<>();
        double offset = -(double) from.zeroPoint(0) * from.scales().get(0);
        if (second >= 0) {
            double other = (double) parameters(second).zeroPoint(0) * parameters(second).scales().get(0);
            offset += combination == BinaryFunction.SUB ? other : -other;
        }
        if (offset != 0) {
            postOps.add(linear(1, (float) offset));
        }
        postOps.addAll(chain);
        postOps.add(linear(1 / to.scales().get(0), to.zeroPoint(0)));
        return Elementwise.binary(combination, a, b, result, postOps, second < 0 ? List.of() : List.of(
                new Rescaling(Rescaling.Kind.SCALE, Rescaling.Operand.SOURCE, 0, 1),
                new Rescaling(Rescaling.Kind.SCALE, Rescaling.Operand.SECOND_SOURCE, 0, 1)));
    }

    private static PostOp linear(float factor, float addend) {
        return new PostOp.Apply(new Activation(Activation.Kind.LINEAR, factor, addend));
    }

    private MemoryDesc scalar() {
        long[] ones = new long[layer.output(0).shape().rank()];
        Arrays.fill(ones, 1);
        return MemoryDesc.rowMajor(ElementType.F32, ones.length == 0 ? new long[] {1} : ones);
    }

    @Override
    public Primitive probe(TensorLayout from, TensorLayout to, int inPlace) {
        TensorFormat format = to.format();
        return primitive(Target.desc(TensorLayout.of(layer.input(first), format)),
                second < 0 ? scalar() : Target.desc(TensorLayout.of(layer.input(second), format)), Target.desc(to),
                rest.postOps(format, QuantizedLayers.REAL, inPlace));
    }

    @Override
    public Kernel prepare(Operands operands, Constants constants) {
        List<Stage.Place> further = new ArrayList<>();
        List<PostOp> chain = rest.postOps(operands, constants, further);
        Stage.Place scale = Stage.Place.constant(constants.linear(Tensor.floats(new long[] {1}, parameters(first).scales().get(0))));
        List<Stage.Place> places = new ArrayList<>(List.of(Stage.Place.input(first),
                second < 0 ? scale : Stage.Place.input(second), Stage.Place.output(0)));
        places.addAll(further);
        if (second >= 0) {
            places.add(scale);
            places.add(Stage.Place.constant(constants.linear(Tensor.floats(new long[] {1}, parameters(second).scales().get(0)))));
        }
        return new StagedKernel(new PrimitiveStage(primitive(Target.desc(operands.inputs().get(first)),
                second < 0 ? scalar() : Target.desc(operands.inputs().get(second)), Target.desc(operands.outputs().get(0)), chain), places));
    }
}
