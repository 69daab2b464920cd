package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.cpu.onednn.Activation;
import io.firesteel.backend.cpu.onednn.BinaryFunction;
import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.Elementwise;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.PostOp;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.backend.cpu.onednn.Rescaling;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Quantizing and dequantizing with the arithmetic ONNX prescribes, in oneDNN's vectorized kernels: a true division, rounding before
 * the zero point is added, saturation last.
 *
 * @param sizes what is outside the axis of the scales, the axis, what is inside; the axis is 1 where there is one scale
 * @param scales one for each element of the axis
 * @param zeroPoints as many
 * @param quantized signed or unsigned bytes
 */
record QuantizationPrimitives(long[] sizes, float[] scales, int[] zeroPoints, ElementType quantized) {

    private boolean isSymmetric() {
        return Arrays.stream(zeroPoints).allMatch(z -> z == 0);
    }

    /** Neighbouring axes of one element are left out: kernels for few axes are faster. */
    private long[] shape(long[] of) {
        return scales.length == 1 ? new long[] {Arrays.stream(of).reduce(1, (a, b) -> a * b)}
                : sizes[2] == 1 ? new long[] {of[0], of[1]} : of;
    }

    private MemoryDesc data(ElementType type) {
        return MemoryDesc.rowMajor(type, shape(sizes));
    }

    private MemoryDesc vector() {
        return MemoryDesc.rowMajor(ElementType.F32, shape(new long[] {1, scales.length, 1}));
    }

    private Stage.Place zeroPoints(Constants constants) {
        float[] real = new float[zeroPoints.length];
        for (int i = 0; i < real.length; i++) {
            real[i] = zeroPoints[i];
        }
        return Stage.Place.constant(constants.linear(Tensor.floats(new long[] {real.length}, real)));
    }

    private Stage.Place scales(Constants constants) {
        return Stage.Place.constant(constants.linear(Tensor.floats(new long[] {scales.length}, scales)));
    }

    /** The stage from fp32 to bytes; empty where oneDNN would be slow. */
    Optional<Stage> quantizing(Constants constants) {
        List<PostOp> postOps = new ArrayList<>();
        List<Stage.Place> places = new ArrayList<>(List.of(Stage.Place.input(0), scales(constants), Stage.Place.output(0)));
        if (!isSymmetric()) {
            postOps.add(new PostOp.Apply(Activation.of(Activation.Kind.ROUND)));
            postOps.add(new PostOp.Binary(BinaryFunction.ADD, vector()));
            places.add(zeroPoints(constants));
        }
        return stage(() -> Elementwise.binary(BinaryFunction.DIV, data(ElementType.F32), vector(), data(quantized), postOps), places);
    }

    /** The stage from bytes to fp32; empty where oneDNN would be slow. */
    Optional<Stage> dequantizing(Constants constants) {
        if (!isSymmetric() && scales.length > 1) {
            return Optional.empty();
        }
        List<Rescaling> rescalings = new ArrayList<>();
        List<Stage.Place> places = new ArrayList<>(List.of(Stage.Place.input(0), Stage.Place.output(0), scales(constants)));
        rescalings.add(new Rescaling(Rescaling.Kind.SCALE, Rescaling.Operand.SOURCE, scales.length == 1 ? 0 : 2, scales.length));
        if (!isSymmetric()) {
            rescalings.add(new Rescaling(Rescaling.Kind.ZERO_POINT, Rescaling.Operand.SOURCE, 0, 1));
            Tensor zeroPoint = Tensor.scalar(DataType.INT32, zeroPoints[0]);
            places.add(Stage.Place.constant(constants.linear(zeroPoint)));
        }
        return stage(() -> Elementwise.rescale(data(quantized), data(ElementType.F32), rescalings), places);
    }

    private static Optional<Stage> stage(Supplier<Primitive> primitive, List<Stage.Place> places) {
        return Primitive.attempt(primitive).map(made -> new PrimitiveStage(made, places));
    }
}
