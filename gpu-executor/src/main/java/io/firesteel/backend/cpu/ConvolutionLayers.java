package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.Convolutions;
import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.PostOp;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.backend.cpu.onednn.Window;
import io.firesteel.op.Convolution;
import io.firesteel.op.ConvolutionTranspose;
import io.firesteel.op.Operator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;

/** Convolutions and transposed convolutions with constant weights, their epilogues fused. */
final class ConvolutionLayers implements LayerFamily {

    /** Memory traffic that costs as much time as one multiplication and addition. */
    private static final double BYTES_PER_PRODUCT = 0.1;

    /** Time of a multiplication on AMX's tiles, which oneDNN fills from channels innermost only, over that of a vector's. */
    private static final double TILES_OVER_VECTORS = 0.125;

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        return Map.of(Convolution.class, (layer, target) -> {
            Convolution op = (Convolution) layer.operator();
            return offer(layer, target, Epilogue.of(op.epilogue(), layer, Convolution.EPILOGUE_INPUT), window(op), op.groups(), false);
        }, ConvolutionTranspose.class, (layer, target) -> {
            ConvolutionTranspose op = (ConvolutionTranspose) layer.operator();
            return offer(layer, target, Epilogue.of(op.epilogue(), layer, ConvolutionTranspose.EPILOGUE_INPUT), window(op),
                    op.groups(), true);
        });
    }

    static Window window(Convolution op) {
        return new Window(Sizes.of(op.strides()), Sizes.of(op.dilations()), Sizes.of(op.padsBegin()), Sizes.of(op.padsEnd()));
    }

    static Window window(ConvolutionTranspose op) {
        long[] ends = Sizes.of(op.padsEnd());
        for (int i = 0; i < ends.length; i++) {
            ends[i] -= op.outputPadding().get(i);
        }
        return new Window(Sizes.of(op.strides()), Sizes.of(op.dilations()), Sizes.of(op.padsBegin()), ends);
    }

    private static Offer offer(Layer layer, Target target, Optional<Epilogue> epilogue, Window window, long groups,
            boolean transposed) {
        if (layer.constant(1).isEmpty() || layer.isVariable(2)) {
            return Offer.none("the CPU backend needs constant weights and bias");
        }
        if (layer.input(0).dataType() != DataType.FLOAT32) {
            return Offer.none("the CPU backend convolves fp32 tensors, not " + layer.input(0).dataType());
        }
        if (epilogue.isEmpty()) {
            return Offer.none("the CPU backend has no fused form of this epilogue");
        }
        if (layer.input(0).shape().rank() < 3 || layer.input(0).shape().rank() > 5) {
            return Offer.none("the CPU backend convolves over one to three spatial axes");
        }
        if (!transposed && readsOnlyPadding(layer, window)) {
            return Offer.none("along a spatial axis no window reaches the data");
        }
        Shape shape = new Shape(layer, epilogue.get(), window, groups, transposed);
        List<Tactic> tactics = new ArrayList<>();
        DataType compute = target.compute(layer);
        if (compute == DataType.FLOAT32 && !transposed) {
            WinogradTactic.of(layer, target, epilogue.get(), window, groups).ifPresent(tactics::add);
        }
        tryDirect(shape, target.blocked(), target.blocked(), compute, 1.0, tactics);
        tryDirect(shape, TensorFormat.HWC, TensorFormat.HWC, compute, 1.02, tactics);
        if (layer.inputSizes(0)[1] < target.blocked().block()) {
            // Of linear data oneDNN convolves few channels only, without its reference implementation.
            tryDirect(shape, TensorFormat.LINEAR, target.blocked(), compute, 1.0, tactics);
        }
        if (tactics.isEmpty()) {
            return Offer.none("oneDNN has no fast kernel for this convolution");
        }
        return Offer.of(tactics);
    }

    /** Whether there is a spatial axis along which all windows lie beside the data, where oneDNN 3.11 reads a null address. */
    private static boolean readsOnlyPadding(Layer layer, Window window) {
        long[] data = layer.inputSizes(0);
        long[] weights = layer.inputSizes(1);
        long[] result = layer.outputSizes(0);
        for (int axis = 0; axis < data.length - 2; axis++) {
            boolean reaches = false;
            for (long place = 0; place < result[axis + 2] && !reaches; place++) {
                for (long tap = 0; tap < weights[axis + 2] && !reaches; tap++) {
                    long read = place * window.strides()[axis] - window.padBegin()[axis] + tap * window.dilations()[axis];
                    reaches = read >= 0 && read < data[axis + 2];
                }
            }
            if (!reaches) {
                return true;
            }
        }
        return false;
    }

    /** Bytes of traffic that take as long as the multiplications of a direct convolution with these sizes. */
    static double productCost(Layer layer) {
        long[] weights = layer.inputSizes(1);
        double products = (double) Sizes.product(layer.outputSizes(0)) * Sizes.product(weights, 1, weights.length);
        return products * BYTES_PER_PRODUCT;
    }

    /** As many as reading the weights takes, in part beside the multiplications. */
    static double weightCost(Layer layer) {
        return 0.5 * Float.BYTES * Sizes.product(layer.inputSizes(1));
    }

    private static void tryDirect(Shape shape, TensorFormat from, TensorFormat to, DataType compute, double factor,
            List<Tactic> tactics) {
        Layer layer = shape.layer;
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        inputs[0] = Target.layout(layer.input(0), from, compute);
        for (int input : shape.epilogue.variables()) {
            inputs[input] = shape.epilogue.layout(input, to, compute);
        }
        TensorLayout output = Target.layout(layer.output(0), to, compute);
        IntFunction<Primitive> primitive = inPlace -> shape.primitive(inputs[0], output, shape.epilogue.postOps(to, compute, inPlace));
        Primitive.implementation(() -> primitive.apply(Operands.NOT_IN_PLACE)).ifPresent(implementation -> {
            double speed = implementation.contains("amx") ? TILES_OVER_VECTORS : 1;
            RecipeTactic tactic = new RecipeTactic(implementation + ":" + from + ">" + to, inputs, new TensorLayout[] {output},
                    shape::prepare)
                    .precision(Target.precision(compute))
                    .cost((productCost(layer) * speed + weightCost(layer)) * factor)
                    .inPlace(shape.epilogue.residuals(primitive));
            // oneDNN's transposed convolution adds its bias as if the destination stood alone.
            tactics.add(shape.transposed ? tactic : tactic.blockSlices());
        });
    }

    private record Shape(Layer layer, Epilogue epilogue, Window window, long groups, boolean transposed) {

        Primitive primitive(TensorLayout source, TensorLayout destination, List<PostOp> postOps) {
            ElementType type = Target.elementType(source.dataType()).orElseThrow();
            MemoryDesc weights = MemoryDesc.any(type, weightsView().dims());
            MemoryDesc bias = layer.hasInput(2) ? MemoryDesc.rowMajor(ElementType.F32, layer.inputSizes(2)) : null;
            return transposed
                    ? Convolutions.transposed(Target.desc(source), weights, bias, Target.desc(destination), window, postOps)
                    : Convolutions.forward(Target.desc(source), weights, bias, Target.desc(destination), window, postOps);
        }

        private MemoryDesc weightsView() {
            return ConvolutionLayers.weightsView(ElementType.F32, layer.inputSizes(1), groups, transposed);
        }

        Kernel prepare(Operands operands, Constants constants) {
            List<Stage.Place> further = new ArrayList<>();
            List<PostOp> postOps = epilogue.postOps(operands, constants, further);
            Primitive primitive = primitive(operands.inputs().get(0), operands.outputs().get(0), postOps);
            List<Stage.Place> places = new ArrayList<>();
            places.add(Stage.Place.input(0));
            Tensor weights = layer.constant(1).orElseThrow();
            places.add(Stage.Place.constant(new PreparedWeights(weightsView(), primitive.desc(1)).of(weights, constants)));
            layer.constant(2).ifPresent(bias -> places.add(Stage.Place.constant(constants.linear(bias))));
            places.add(Stage.Place.output(0));
            places.addAll(further);
            return new StagedKernel(new PrimitiveStage(primitive, places));
        }
    }

    /** ONNX's weights as oneDNN names their axes: [groups,] O, I, k...; transposed ones have O and I exchanged. */
    static MemoryDesc weightsView(ElementType type, long[] sizes, long groups, boolean transposed) {
        int spatial = sizes.length - 2;
        int lead = groups == 1 ? 0 : 1;
        long[] dims = new long[spatial + 2 + lead];
        long[] strides = new long[dims.length];
        long[] own = Sizes.strides(sizes);
        if (lead == 1) {
            dims[0] = groups;
            strides[0] = own[0] * (sizes[0] / groups);
        }
        int o = transposed ? 1 : 0;
        dims[lead + o] = sizes[0] / groups;
        strides[lead + o] = own[0];
        dims[lead + 1 - o] = sizes[1];
        strides[lead + 1 - o] = own[1];
        for (int i = 0; i < spatial; i++) {
            dims[lead + 2 + i] = sizes[2 + i];
            strides[lead + 2 + i] = own[2 + i];
        }
        return MemoryDesc.strided(type, dims, strides);
    }
}
