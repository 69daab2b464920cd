package io.firesteel.backend.cuda.dnn;

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
import io.firesteel.backend.cuda.CudaLayerFamily;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.op.Convolution;
import io.firesteel.op.ConvolutionTranspose;
import io.firesteel.op.NormalizedConvolution;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Convolutions and transposed convolutions with constant weights, their epilogues fused, channels innermost. */
public final class ConvolutionLayers implements CudaLayerFamily {

    /** Images with up to this many channels are rearranged where strides allow. */
    private static final long FEW_CHANNELS = 4;
    /** Memory traffic that takes as long as one multiplication and addition on tensor cores, and without them. */
    private static final double BYTES_PER_PRODUCT = 0.012;
    private static final double BYTES_PER_FP32_PRODUCT = 0.15;

    @Override
    public Offer offer(Layer layer, CudaContext context) {
        if (layer.operator() instanceof Convolution op) {
            return convolution(layer, op, context);
        }
        if (layer.operator() instanceof NormalizedConvolution op) {
            return layer.input(0).shape().rank() == 4 && op.factors().size() <= FEW_CHANNELS
                    && op.convolution().dilations().stream().allMatch(d -> d == 1)
                    ? convolution(layer, op.convolution(), context)
                    : Offer.none("convolutions normalize only images of up to " + FEW_CHANNELS + " channels");
        }
        if (layer.operator() instanceof ConvolutionTranspose op) {
            return offer(layer, ComputeType.of(layer), context,
                    new Window(op.strides(), op.dilations(), op.padsBegin(), op.padsEnd()), op.groups(), new Epilogue(layer, op.epilogue(), ConvolutionTranspose.EPILOGUE_INPUT, 1), true);
        }
        return CudaLayerFamily.notMine();
    }

    private static Offer convolution(Layer layer, Convolution op, CudaContext context) {
        Window window = new Window(op.strides(), op.dilations(), op.padsBegin(), op.padsEnd());
        Optional<ComputeType> compute = ComputeType.of(layer);
        Offer offer = offer(layer, compute, context, window, op.groups(),
                new Epilogue(layer, op.epilogue(), Convolution.EPILOGUE_INPUT, 1), false);
        if (offer.tactics().isEmpty()) {
            return offer;
        }
        List<Tactic> tactics = new ArrayList<>(offer.tactics());
        if (layer.operator() == op) {
            TileConvolution.tactic(layer, op.epilogue(), Convolution.EPILOGUE_INPUT, compute.orElseThrow(), window,
                    op.groups(), context).ifPresent(tactics::add);
        }
        tactics.addAll(StemConvolution.tactics(layer, op, compute.orElseThrow(), context));
        return Offer.of(tactics);
    }

    /** @param type what it computes with, empty where cuDNN has no such type */
    static Offer offer(Layer layer, Optional<ComputeType> type, CudaContext context, Window window, long groups, Epilogue epilogue,
            boolean transposed) {
        Optional<String> refusal = refusal(layer, type, window, groups, epilogue, transposed);
        if (refusal.isPresent()) {
            return Offer.none(refusal.get());
        }
        ComputeType compute = type.orElseThrow();
        boolean fits = layer.inputSizes(0)[1] % compute.block() == 0 && !(layer.operator() instanceof NormalizedConvolution);
        Set<TensorLayout> images = new LinkedHashSet<>(List.of(hwc(layer.input(0), compute)));
        if (!fits) {
            images.add(TensorLayout.linear(layer.input(0)));
            images.add(TensorLayout.linear(layer.input(0).withDataType(compute.inMemory(layer.input(0).dataType()))));
        }
        boolean cut = transposed || layer.outputSizes(0)[1] % compute.block() != 0;
        Set<TensorLayout> results = new LinkedHashSet<>(List.of(hwc(layer.output(0), compute)));
        if (cut) {
            results.add(TensorLayout.linear(layer.output(0)));
        }
        List<Tactic> tactics = new ArrayList<>();
        for (TensorLayout image : images) {
            ConvolutionProblem problem = problem(layer, epilogue, compute, window, transposed, image);
            if (problem == null) {
                return Offer.none("cuDNN does not cut off that much of a transposed convolution");
            }
            for (TensorLayout result : results) {
                tactics.add(tactic(problem, context, image, result));
            }
        }
        return Offer.of(tactics);
    }

    private static Optional<String> refusal(Layer layer, Optional<ComputeType> compute, Window window, long groups, Epilogue epilogue, boolean transposed) {
        if (layer.constant(1).isEmpty() || layer.isVariable(2)) {
            return Optional.of("cuDNN convolutions here need constant weights and bias");
        }
        if (compute.isEmpty()) {
            return Optional.of("cuDNN does not convolve " + layer.input(0).dataType());
        }
        int rank = layer.input(0).shape().rank();
        if (rank < 3 || rank > 5) {
            return Optional.of("cuDNN convolves over one to three spatial axes");
        }
        if (rank == 5 && window.dilations().stream().anyMatch(d -> d != 1)) {
            return Optional.of("dilated convolutions over three spatial axes came out wrong with cuDNN 9.14");
        }
        long block = compute.get().block();
        long perGroup = layer.inputSizes(0)[1] / groups;
        if (groups > 1 && (perGroup % block != 0 || layer.outputSizes(0)[1] / groups % block != 0)) {
            return Optional.of("cuDNN needs groups of a multiple of " + block + " channels");
        }
        boolean cut = transposed || layer.outputSizes(0)[1] % block != 0;
        if (cut && (epilogue.hasOperands() || groups > 1 || compute.get().inMemory(layer.output(0).dataType()) != compute.get().type())) {
            return Optional.of("cuDNN needs a multiple of " + block + " output channels where the epilogue has operands");
        }
        if (transposed && (rank > 4 || window.dilations().stream().anyMatch(d -> d != 1))) {
            return Optional.of("transposed convolutions here have one or two spatial axes and no dilation");
        }
        if (layer.outputSizes(0)[0] == 0 || Sizes.product(layer.outputSizes(0), 0, rank) == 0) {
            return Optional.of("there is nothing to compute");
        }
        if (Stream.of(window.padsBegin(), window.padsEnd()).flatMap(List::stream).anyMatch(p -> p < 0)) {
            return Optional.of("cuDNN does not cut off images");
        }
        return epilogue.refusal();
    }

    private static TensorLayout hwc(TensorType type, ComputeType compute) {
        return TensorLayout.of(type.withDataType(compute.inMemory(type.dataType())), TensorFormat.HWC);
    }

    private static ConvolutionProblem problem(Layer layer, Epilogue epilogue, ComputeType compute, Window window,
            boolean transposed, TensorLayout image) {
        if (transposed) {
            return ConvolutionProblem.transposed(layer, epilogue, compute, window, image);
        }
        long[] sizes = image.sizes();
        boolean few = sizes.length == 4 && sizes[1] <= FEW_CHANNELS && window.dilations().stream().allMatch(d -> d == 1);
        return few ? ConvolutionProblem.spaceToDepth(layer, epilogue, compute, window, image)
                : ConvolutionProblem.direct(layer, epilogue, compute, window, image);
    }

    private static Tactic tactic(ConvolutionProblem problem, CudaContext context, TensorLayout image, TensorLayout output) {
        Layer layer = problem.layer();
        ComputeType compute = problem.compute();
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        inputs[0] = image;
        for (int input : problem.epilogue().wholeInputs()) {
            inputs[input] = hwc(layer.input(input), compute);
        }
        double products = (double) layer.output(0).shape().elements()
                * Sizes.product(layer.inputSizes(1), 1, layer.inputSizes(1).length);
        double bytes = image.bytes() + output.bytes() * (1.0 + problem.epilogue().wholeInputs().size())
                + (problem.packing() == null ? 0 : 2.0 * problem.packing().bytes())
                + (problem.unpacking() == null ? 0 : 2.0 * problem.unpacking().bytes(image.sizes()[0]));
        boolean plain = problem.packing() == null && problem.unpacking() == null;
        return new RecipeTactic("cudnn" + (plain ? "" : ":" + image.format() + ":" + image.dataType().label() + ">" + output.format()),
                inputs, new TensorLayout[] {output}, (operands, constants) -> prepare(problem, context, operands, constants))
                .precision(compute.precision())
                .cost(bytes + products * (compute.type() == DataType.FLOAT32 ? BYTES_PER_FP32_PRODUCT : BYTES_PER_PRODUCT))
                .inPlace(problem.epilogue().wholeInputs().stream().filter(i -> inputs[i].equals(output)).collect(Collectors.toSet()))
                .slices(i -> aligned(inputs[i]), i -> aligned(output) || problem.unpacking() != null);
    }

    private static boolean aligned(TensorLayout layout) {
        return layout.format() == TensorFormat.HWC
                && layout.sizes()[1] * layout.dataType().bytes() % GraphTensor.ALIGNMENT == 0;
    }

    private static Kernel prepare(ConvolutionProblem problem, CudaContext context, Operands operands, Constants constants) {
        TensorLayout output = operands.outputs().get(0);
        ConvolutionProblem.Described described = problem.describe(operands.inputs(), output);
        ExecutionPlan plan = DnnDevice.of(context).plan(described.graph(), problem.compute().refused(), constants);
        Layer layer = problem.layer();
        Map<Integer, PlanKernel.Place> places = new HashMap<>();
        places.put(described.x().id(), PlanKernel.Place.input(0));
        places.put(described.w().id(), PlanKernel.Place.constant(
                problem.weights().of(layer.constant(1).orElseThrow(), constants, context)));
        places.put(described.y().id(), PlanKernel.Place.output());
        described.operands().forEach((input, tensor) -> places.put(tensor.id(), problem.constant(input, constants, context)
                .map(PlanKernel.Place::constant).orElse(PlanKernel.Place.input(input))));
        PlanKernel kernel = new PlanKernel(plan, described.graph(), places);
        if (problem.packing() != null) {
            InputPacking packing = problem.packing();
            CudaFunction function = packing.compile(context);
            long offset = kernel.keepInScratch(described.x(), packing.bytes());
            kernel.before((stream, inputs, outputs, scratch) -> packing.bind(function, stream, inputs[0], scratch + offset));
        }
        if (problem.unpacking() != null) {
            OutputUnpacking unpacking = problem.unpacking();
            CudaFunction function = unpacking.compile(context, output);
            long offset = kernel.keepInScratch(described.y(), unpacking.bytes(output.sizes()[0]));
            kernel.after((stream, inputs, outputs, scratch) -> unpacking.bind(function, stream, output, scratch + offset, outputs[0]));
        }
        return kernel;
    }
}
