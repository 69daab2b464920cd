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
import io.firesteel.backend.cuda.CudaKernel;
import io.firesteel.backend.cuda.CudaLayerFamily;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.op.Activations;
import io.firesteel.op.Convolution;
import io.firesteel.op.MatMul;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Convolutions and products with a constant matrix that are too small for the libraries' tiles, by {@link SplitProduct}. */
public final class SplitLayers implements CudaLayerFamily {

    private static final int BIAS = 2;
    private static final int CLUSTERS_MAJOR = 9;
    private static final int LARGEST_CLUSTER = 8;
    /** Of a layer's tiles for each multiprocessor: with more of them there is nothing to split. */
    private static final int MOST_TILES = 2;
    private static final double MOST_BLOCKS = 1.5;
    /** Memory traffic that takes as long as one multiplication and addition; a little more than the libraries are thought to need. */
    private static final double BYTES_PER_PRODUCT = 0.015;
    private static final int[][] TILES = {{64, 64}, {64, 32}, {32, 64}, {32, 32}};

    /** Found through {@link java.util.ServiceLoader}. */
    public SplitLayers() { }

    /**
     * A layer as a product.
     *
     * @param weights of one output channel in the order of the window's elements, channels innermost: axes of {@link WeightForm}
     * @param channelStep elements of the constant from one output channel to the next
     * @param format of images and results
     */
    private record Problem(Layer layer, ComputeType compute, PointwiseProgram program, int firstInput, SplitProduct.Image image, long columns,
            List<WeightForm.Axis> weights, long channelStep, TensorFormat format) { }

    @Override
    public Offer offer(Layer layer, CudaContext context) {
        Optional<ComputeType> compute = ComputeType.of(layer).filter(c -> c.type().bytes() == 2);
        if (!(layer.operator() instanceof Convolution || layer.operator() instanceof MatMul) || compute.isEmpty()
                || context.device().major() < CLUSTERS_MAJOR || layer.constant(1).isEmpty() || layer.isVariable(BIAS)
                || layer.output(0).shape().elements() == 0) {
            return CudaLayerFamily.notMine();
        }
        Problem problem = layer.operator() instanceof Convolution op ? convolution(layer, compute.get(), op)
                : matMul(layer, compute.get(), (MatMul) layer.operator());
        if (problem == null) {
            return CudaLayerFamily.notMine();
        }
        Optional<String> function = function(problem);
        List<Tactic> tactics = new ArrayList<>();
        if (function.isPresent()) {
            for (SplitProduct.Tile tile : tiles(problem, context.device().multiprocessors())) {
                int residual = problem.program.inputs() == 2 ? problem.firstInput : -1;
                tactics(problem, tile.name(), tactics, (operands, constants) ->
                        prepare(problem, tile, residual, function.get(), context, operands, constants));
            }
            if (problem.format == TensorFormat.LINEAR && problem.columns <= NarrowProduct.MOST_COLUMNS && problem.program.inputs() == 1) {
                tactics(problem, "narrow", tactics, (operands, constants) -> narrow(problem, function.get(), context, operands, constants));
            }
        }
        return tactics.isEmpty() ? CudaLayerFamily.notMine() : Offer.of(tactics);
    }

    private static Problem convolution(Layer layer, ComputeType compute, Convolution op) {
        long[] w = layer.inputSizes(1);
        long[] in = layer.inputSizes(0);
        long[] out = layer.outputSizes(0);
        if (w.length != 4 || op.groups() != 1 || w[1] % SplitProduct.DEPTH != 0 || w[0] % compute.block() != 0) {
            return null;
        }
        SplitProduct.Image image = new SplitProduct.Image(out[0] * out[2] * out[3], out[2], out[3], in[2], in[3], in[1], 0, 0, 0, w[2], w[3],
                new Window(op.strides(), op.dilations(), op.padsBegin(), op.padsEnd()));
        return new Problem(layer, compute, op.epilogue(), Convolution.EPILOGUE_INPUT, image, w[0],
                List.of(WeightForm.Axis.of(w[2], w[2], w[3]), WeightForm.Axis.of(w[3], w[3], 1), WeightForm.Axis.of(w[1], w[1], w[2] * w[3])),
                w[1] * w[2] * w[3], TensorFormat.HWC);
    }

    private static Problem matMul(Layer layer, ComputeType compute, MatMul op) {
        long[] a = layer.inputSizes(0);
        long[] b = layer.inputSizes(1);
        if (b.length != 2 || a.length < 2 || op.transposeA() || a[a.length - 1] % SplitProduct.DEPTH != 0) {
            return null;
        }
        long inner = a[a.length - 1];
        long columns = b[op.transposeB() ? 0 : 1];
        SplitProduct.Image image = SplitProduct.Image.matrix(Sizes.product(a) / inner, inner);
        return new Problem(layer, compute, op.epilogue(), MatMul.EPILOGUE_INPUT, image, columns,
                List.of(WeightForm.Axis.of(inner, inner, op.transposeB() ? 1 : columns)), op.transposeB() ? inner : 1, TensorFormat.LINEAR);
    }

    /** The epilogue of a chain; that of one activation may be any of those here. */
    private static Optional<String> function(Problem problem) {
        PointwiseProgram program = problem.program;
        if (program.inputs() == 1 && program.instructions().size() == 1) {
            PointwiseOperator operator = program.instructions().get(0).operator();
            if (operator instanceof Activations.Tanh) {
                return Optional.of("v = tanhf(v);");
            }
            if (operator instanceof Activations.Sigmoid) {
                return Optional.of("v = 1.0f / (1.0f + __expf(-v));");
            }
            if (operator instanceof Activations.Gelu gelu && !gelu.equals(new Activations.Gelu(true))) {
                return Optional.of("v = 0.5f * v * (1.0f + erff(v * 0.70710678f));");
            }
        }
        boolean whole = program.inputs() == 1 || problem.columns % problem.compute.block() == 0;
        return whole ? TileConvolution.function(problem.layer, program, problem.firstInput, value -> "(float) " + value) : Optional.empty();
    }

    private static Set<SplitProduct.Tile> tiles(Problem problem, int multiprocessors) {
        Set<SplitProduct.Tile> tiles = new LinkedHashSet<>();
        for (int[] size : TILES) {
            long count = new SplitProduct.Tile(size[0], size[1], 1).count(problem.image.pixels(), problem.columns);
            int split = 1;
            while (split < LARGEST_CLUSTER && split * 2 <= problem.image.steps() && count * split * 2 <= multiprocessors * MOST_BLOCKS) {
                split *= 2;
            }
            if (count <= (long) MOST_TILES * multiprocessors) {
                tiles.add(new SplitProduct.Tile(size[0], size[1], split));
            }
        }
        return tiles;
    }

    /** Adds a way to compute a layer, once for each pair of element types. */
    private static void tactics(Problem problem, String kernel, List<Tactic> tactics, RecipeTactic.Recipe recipe) {
        Layer layer = problem.layer;
        DataType type = problem.compute.type();
        boolean matrix = problem.format == TensorFormat.LINEAR;
        boolean residual = problem.program.inputs() == 2;
        Set<DataType> sources = new LinkedHashSet<>(List.of(type));
        Set<DataType> results = new LinkedHashSet<>(List.of(type));
        if (matrix) {
            sources.add(layer.input(0).dataType());
            results.add(layer.output(0).dataType());
        }
        for (DataType from : sources) {
            for (DataType to : results) {
                TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
                inputs[0] = TensorLayout.of(layer.input(0).withDataType(from), problem.format);
                TensorLayout output = TensorLayout.of(layer.output(0).withDataType(to), problem.format);
                if (residual) {
                    inputs[problem.firstInput] = output.withDataType(type);
                }
                String name = kernel + (from == type ? "" : ":" + from.label()) + (to == type ? "" : ">" + to.label());
                double products = (double) problem.image.pixels() * problem.columns * problem.image.steps() * SplitProduct.DEPTH;
                tactics.add(new RecipeTactic(name, inputs, new TensorLayout[] {output}, recipe).precision(problem.compute.precision())
                        .cost(inputs[0].bytes() + output.bytes() * (residual ? 2.0 : 1.0) + products * BYTES_PER_PRODUCT)
                        .slices(i -> !matrix, i -> !matrix));
            }
        }
    }

    /** The device address of the bias in fp32, or 0 where there is none. */
    private static long bias(Problem problem, CudaContext context, Constants constants) {
        return problem.layer.constant(BIAS).map(c -> new WeightForm(DataType.FLOAT32,
                List.of(WeightForm.Axis.of(problem.columns, problem.columns, 1))).of(c, constants, context)).orElse(0L);
    }

    private static Kernel narrow(Problem problem, String function, CudaContext context, Operands operands, Constants constants) {
        DataType type = problem.compute.type();
        NarrowProduct product = new NarrowProduct(type, operands.inputs().get(0).dataType(), operands.outputs().get(0).dataType(),
                problem.image.pixels(), problem.image.channels(), problem.columns, function);
        List<WeightForm.Axis> axes = new ArrayList<>(List.of(WeightForm.Axis.of(problem.columns, problem.columns, problem.channelStep)));
        axes.addAll(problem.weights);
        long weights = new WeightForm(type, axes).of(problem.layer.constant(1).orElseThrow(), constants, context);
        long bias = bias(problem, context, constants);
        CudaFunction compiled = product.compile(context);
        return new CudaKernel("narrow", 0, (stream, inputs, outputs, scratch) ->
                product.bind(compiled, stream, inputs[0], weights, bias, outputs[0]));
    }

    private static Kernel prepare(Problem problem, SplitProduct.Tile tile, int residual, String function, CudaContext context,
            Operands operands, Constants constants) {
        Layer layer = problem.layer;
        TensorLayout x = operands.inputs().get(0);
        TensorLayout y = operands.outputs().get(0);
        boolean matrix = problem.format == TensorFormat.LINEAR;
        SplitProduct.Image image = problem.image;
        if (!matrix) {
            long[] strides = x.strides();
            image = new SplitProduct.Image(image.pixels(), image.outHeight(), image.outWidth(), image.height(), image.width(),
                    image.channels(), strides[0], strides[2], strides[3], image.kernelH(), image.kernelW(), image.window());
        }
        long rowOfResidual = residual < 0 ? 0 : matrix ? problem.columns : operands.inputs().get(residual).parentChannels();
        DataType type = problem.compute.type();
        SplitProduct product = new SplitProduct(type, x.dataType(), y.dataType(), image, problem.columns,
                matrix ? problem.columns : y.parentChannels(), rowOfResidual, tile, function);
        List<WeightForm.Axis> axes = new ArrayList<>(List.of(WeightForm.Axis.of(product.paddedColumns(), problem.columns, problem.channelStep)));
        axes.addAll(problem.weights);
        long weights = new WeightForm(type, axes).of(layer.constant(1).orElseThrow(), constants, context);
        long bias = bias(problem, context, constants);
        CudaFunction compiled = product.compile(context);
        return new CudaKernel(tile.name(), 0, (stream, inputs, outputs, scratch) ->
                product.bind(compiled, stream, inputs[0], weights, bias, residual < 0 ? 0 : inputs[residual], outputs[0]));
    }
}
