package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.CudaLayerFamily;
import io.firesteel.backend.cuda.CudaTactic;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.op.Convolution;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Convolutions with constant weights, their epilogues fused, channels innermost. */
public final class ConvolutionLayers implements CudaLayerFamily {

    /** Images with up to this many channels are rearranged where strides allow. */
    private static final long FEW_CHANNELS = 4;
    /** Memory traffic that takes as long as one multiplication and addition on tensor cores, and without them. */
    private static final double BYTES_PER_PRODUCT = 0.012;
    private static final double BYTES_PER_FP32_PRODUCT = 0.15;

    @Override
    public Offer offer(Layer layer, CudaContext context) {
        if (layer.operator() instanceof Convolution op) {
            return offer(layer, context, new Window(op.strides(), op.dilations(), op.padsBegin(), op.padsEnd()), op.groups(),
                    new Epilogue(layer, op.epilogue(), Convolution.EPILOGUE_INPUT, 1), false);
        }
        return CudaLayerFamily.notMine();
    }

    private static Offer offer(Layer layer, CudaContext context, Window window, long groups, Epilogue epilogue,
            boolean transposed) {
        Optional<String> refusal = refusal(layer, window, groups, epilogue, transposed);
        if (refusal.isPresent()) {
            return Offer.none(refusal.get());
        }
        ComputeType compute = ComputeType.of(layer).orElseThrow();
        List<Tactic> tactics = new ArrayList<>();
        long channels = layer.inputSizes(0)[1];
        if (channels % compute.block() == 0) {
            ConvolutionProblem problem = ConvolutionProblem.direct(layer, epilogue, compute, window, transposed, null);
            tactics.add(tactic(problem, context, hwc(layer, 0, compute), "cudnn"));
        } else {
            Set<TensorLayout> images = new LinkedHashSet<>(List.of(TensorLayout.linear(layer.input(0)),
                    hwc(layer, 0, compute), TensorLayout.linear(layer.input(0).withDataType(compute.type()))));
            for (TensorLayout image : images) {
                tactics.add(tactic(packed(layer, epilogue, compute, window, image), context, image,
                        "cudnn:packed:" + image.format() + ":" + image.dataType().label()));
            }
        }
        return Offer.of(tactics);
    }

    private static Optional<String> refusal(Layer layer, Window window, long groups, Epilogue epilogue, boolean transposed) {
        if (layer.constant(1).isEmpty() || layer.isVariable(2)) {
            return Optional.of("cuDNN convolutions here need constant weights and bias");
        }
        Optional<ComputeType> compute = ComputeType.of(layer);
        if (compute.isEmpty()) {
            return Optional.of("cuDNN does not convolve " + layer.input(0).dataType());
        }
        int rank = layer.input(0).shape().rank();
        if (rank < 3 || rank > 5) {
            return Optional.of("cuDNN convolves over one to three spatial axes");
        }
        long block = compute.get().block();
        long perGroup = layer.inputSizes(0)[1] / groups;
        if (groups > 1 && (perGroup % block != 0 || layer.outputSizes(0)[1] / groups % block != 0)) {
            return Optional.of("cuDNN needs groups of a multiple of " + block + " channels");
        }
        if (layer.outputSizes(0)[1] % block != 0 || transposed && layer.inputSizes(0)[1] % block != 0) {
            return Optional.of("cuDNN needs a multiple of " + block + " output channels");
        }
        if (layer.outputSizes(0)[0] == 0 || Sizes.product(layer.outputSizes(0), 0, rank) == 0) {
            return Optional.of("there is nothing to compute");
        }
        if (java.util.stream.Stream.of(window.padsBegin(), window.padsEnd()).flatMap(List::stream).anyMatch(p -> p < 0)) {
            return Optional.of("cuDNN does not cut off images");
        }
        return epilogue.refusal();
    }

    private static TensorLayout hwc(Layer layer, int input, ComputeType compute) {
        return TensorLayout.of(layer.input(input).withDataType(compute.type()), TensorFormat.HWC);
    }

    /** The convolution after its image was rearranged: blocks of pixels become channels, or channels are padded. */
    private static ConvolutionProblem packed(Layer layer, Epilogue epilogue, ComputeType compute, Window window,
            TensorLayout image) {
        long[] sizes = image.sizes();
        boolean blocks = sizes.length == 4 && sizes[1] <= FEW_CHANNELS
                && window.strides().stream().anyMatch(s -> s > 1) && window.dilations().stream().allMatch(d -> d == 1);
        if (blocks) {
            return ConvolutionProblem.spaceToDepth(layer, epilogue, compute, window, image);
        }
        long[] rows = InputPacking.rows(sizes);
        InputPacking packing = new InputPacking(image, compute.type(), Sizes.roundUp(sizes[1], compute.block()), 1, 1, rows[2],
                rows[3]);
        return ConvolutionProblem.direct(layer, epilogue, compute, window, false, packing);
    }

    private static Tactic tactic(ConvolutionProblem problem, CudaContext context, TensorLayout image, String name) {
        Layer layer = problem.layer();
        ComputeType compute = problem.compute();
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        inputs[0] = image;
        for (int input : problem.epilogue().wholeInputs()) {
            inputs[input] = hwc(layer, input, compute);
        }
        TensorLayout output = TensorLayout.of(layer.output(0).withDataType(compute.type()), TensorFormat.HWC);
        double products = (double) layer.output(0).shape().elements()
                * Sizes.product(layer.inputSizes(1), 1, layer.inputSizes(1).length);
        double bytes = image.bytes() + output.bytes() * (1.0 + problem.epilogue().wholeInputs().size())
                + (problem.packing() == null ? 0 : 2.0 * problem.packing().bytes());
        return new CudaTactic(name, inputs, new TensorLayout[] {output}, (operands, constants) -> prepare(problem, context, operands,
                constants)).precision(compute.precision())
                .cost(bytes + products * (compute.type() == DataType.FLOAT32 ? BYTES_PER_FP32_PRODUCT : BYTES_PER_PRODUCT))
                .inPlace(problem.epilogue().wholeInputs())
                .slices(i -> aligned(inputs[i]), i -> aligned(output));
    }

    private static boolean aligned(TensorLayout layout) {
        return layout.format() == TensorFormat.HWC
                && layout.sizes()[1] * layout.dataType().bytes() % GraphTensor.ALIGNMENT == 0;
    }

    private static Kernel prepare(ConvolutionProblem problem, CudaContext context, Operands operands, Constants constants) {
        ConvolutionProblem.Described described = problem.describe(operands.inputs(), operands.outputs().get(0));
        Layer layer = problem.layer();
        Map<Integer, PlanKernel.Place> places = new HashMap<>();
        places.put(described.x().id(), problem.packing() == null ? PlanKernel.Place.input(0) : PlanKernel.Place.packed());
        places.put(described.w().id(), PlanKernel.Place.constant(
                problem.weights().of(layer.constant(1).orElseThrow(), constants, context)));
        places.put(described.y().id(), PlanKernel.Place.output());
        described.operands().forEach((input, tensor) -> places.put(tensor.id(), layer.constant(input)
                .map(c -> PlanKernel.Place.constant(problem.vector(input).of(c, constants, context)))
                .orElse(PlanKernel.Place.input(input))));
        ExecutionPlan plan = DnnDevice.of(context).plan(described.graph(), problem.compute().refused());
        return new PlanKernel(plan, described.graph(), places, problem.packing(),
                problem.packing() == null ? null : problem.packing().compile(context));
    }
}
