package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Stream;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.Window;
import io.firesteel.backend.cpu.winograd.WinogradConvolution;
import io.firesteel.memory.NativeMemory;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/** 3x3 convolutions of stride 1 by Winograd's algorithm, where that is faster than the direct one. */
final class WinogradTactic {

    private static final int FEWEST_CHANNELS = 32;
    /** What the transforms cost, over the direct convolution. */
    private static final double TRANSFORMS = 0.25;
    /** What one product costs, over one of the direct convolution: the 36 matrices are small. */
    private static final double PRODUCT = 1.2;

    /** Larger slices may be parts of tensors whose positions do not fit 32 bits. */
    private static final long LARGEST_SLICE_BYTES = 1 << 27;

    private WinogradTactic() {}

    static Optional<Tactic> of(Layer layer, Target target, Epilogue epilogue, Window window, long groups) {
        long[] weights = layer.inputSizes(1);
        if (!WinogradAvailability.PRESENT || weights.length != 4 || weights[2] != 3 || weights[3] != 3 || groups != 1
                || weights[0] < FEWEST_CHANNELS || weights[1] < FEWEST_CHANNELS
                || Arrays.stream(window.strides()).anyMatch(s -> s != 1)
                || Arrays.stream(window.dilations()).anyMatch(d -> d != 1)
                || Arrays.stream(window.padBegin()).anyMatch(p -> p < 0) || !epilogue.isResidualAndBounds()) {
            return Optional.empty();
        }
        float[] bounds = epilogue.bounds();
        boolean padded = weights[0] % target.blocked().block() != 0;
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        inputs[0] = TensorLayout.of(layer.input(0), target.blocked());
        TensorLayout output = TensorLayout.of(layer.output(0), target.blocked());
        if (padded && (bounds[0] > 0 || bounds[1] < 0) || inputs[0].bytes() >= Integer.MAX_VALUE
                || output.bytes() >= Integer.MAX_VALUE || !fitsIn(layer)) {
            return Optional.empty();
        }
        for (int input : epilogue.variables()) {
            inputs[input] = epilogue.layout(input, target.blocked(), DataType.FLOAT32);
        }
        RecipeTactic tactic = new RecipeTactic("winograd:4x4", inputs, new TensorLayout[] {output},
                (operands, constants) -> prepare(layer, window, bounds, operands, constants))
                .cost(cost(layer))
                .inPlace(epilogue.residuals());
        boolean residual = Arrays.stream(inputs).skip(1).anyMatch(Objects::nonNull);
        boolean small = Math.max(inputs[0].bytes(), output.bytes()) < LARGEST_SLICE_BYTES;
        return Optional.of(residual || !small ? tactic : tactic.blockSlices());
    }

    /** Whether the tiles, whose last row and column hang over the border, still save enough. */
    private static boolean fitsIn(Layer layer) {
        long[] out = layer.outputSizes(0);
        double tiles = Math.ceil(out[2] / 4.0) * Math.ceil(out[3] / 4.0) * 16;
        return tiles <= 1.5 * out[2] * out[3];
    }

    /** Four times the weights, which a small batch does not read often enough to make up for it. */
    private static double cost(Layer layer) {
        long[] out = layer.outputSizes(0);
        double tiles = Math.ceil(out[2] / 4.0) * Math.ceil(out[3] / 4.0);
        double products = tiles * 36 / (out[2] * out[3] * 9);
        return ConvolutionLayers.productCost(layer) * (products * PRODUCT + TRANSFORMS) + ConvolutionLayers.weightCost(layer) * 4;
    }

    private static Kernel prepare(Layer layer, Window window, float[] bounds, Operands operands, Constants constants) {
        long[] in = layer.inputSizes(0);
        long[] out = layer.outputSizes(0);
        int residual = -1;
        for (int i = 3; i < operands.inputs().size(); i++) {
            residual = operands.inputs().get(i) != null ? i : residual;
        }
        WinogradConvolution convolution = new WinogradConvolution(
                new WinogradConvolution.Geometry((int) in[0], (int) in[1], (int) in[2], (int) in[3], (int) out[1],
                        (int) window.padBegin()[0], (int) window.padBegin()[1], (int) out[2], (int) out[3]),
                new WinogradConvolution.Epilogue(residual >= 0, bounds[0], bounds[1]),
                (int) operands.inputs().get(0).parentChannels(), (int) operands.outputs().get(0).parentChannels());
        Tensor weights = layer.constant(1).orElseThrow();
        long prepared = constants.prepared(weights, new Form(convolution.weightsDesc()), convolution.weightsDesc().bytes(),
                (source, memory) -> prepareWeights(convolution, weights, source, memory));
        float[] bias = layer.constant(2).map(Tensor::toFloats).orElse(null);
        boolean copiesResidual = residual >= 0 && operands.inPlaceInput() != residual;
        return new WinogradKernel(convolution, prepared, bias, copiesResidual ? residual : -1,
                operands.outputs().get(0).bytes());
    }

    private static void prepareWeights(WinogradConvolution convolution, Tensor weights, long source, long target) {
        if (weights.dataType() == DataType.FLOAT32) {
            convolution.prepareWeights(source, target);
            return;
        }
        float[] values = weights.toFloats();
        try (NativeMemory floats = NativeMemory.allocate((long) Float.BYTES * values.length)) {
            NativeMemory.view(floats.address(), Math.toIntExact(floats.bytes())).asFloatBuffer().put(values);
            convolution.prepareWeights(floats.address(), target);
        }
    }

    /** Distinguishes the transformed weights from the plain ones in the same layout. */
    private record Form(MemoryDesc desc) {

        // Written out, as a record's own are linked with a dozen classes made when they are first used.
        @Override
        public boolean equals(Object other) {
            return other instanceof Form that && desc.equals(that.desc);
        }

        @Override
        public int hashCode() {
            return desc.hashCode();
        }
    }

    /** Keeps the Vector API's classes unloaded until they are known to exist. */
    private static final class WinogradAvailability {
        static final boolean PRESENT = WinogradConvolution.isAvailable();
    }

    private record WinogradKernel(WinogradConvolution convolution, long weights, float[] bias, int copiedResidual,
            long resultBytes) implements Kernel {

        @Override
        public String implementation() {
            return "winograd:4x4";
        }

        @Override
        public long scratchBytes() {
            return convolution.scratchBytes();
        }

        @Override
        public Launch bind(Stream stream, long[] inputs, long[] outputs, long scratch) {
            WinogradConvolution.Run run = convolution.bind(scratch, inputs[0], weights, bias, outputs[0]);
            return new Launch() {
                @Override
                public void run() {
                    if (copiedResidual >= 0) {
                        NativeMemory.copy(inputs[copiedResidual], outputs[0], resultBytes);
                    }
                    run.run();
                }

                @Override
                public void close() {
                    run.close();
                }
            };
        }

        @Override
        public void close() {
            convolution.close();
        }
    }
}
