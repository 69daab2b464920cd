package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A convolution as cuDNN computes it, perhaps on a rearranged image, perhaps making a rearranged result.
 *
 * @param layer the layer
 * @param epilogue what follows
 * @param compute element type of image and weights
 * @param window how the kernel moves over the rearranged image
 * @param packing how the image is rearranged first, or null
 * @param unpacking how the result is rearranged afterwards, or null
 * @param kernel sizes of the weights as cuDNN sees them: output channels, input channels, spatial...
 * @param weights the weights' form: output channels, spatial..., input channels
 */
record ConvolutionProblem(Layer layer, Epilogue epilogue, ComputeType compute, Window window, InputPacking packing,
        OutputUnpacking unpacking, List<Long> kernel, WeightForm weights) {

    private static final long MANY_CHANNELS = 32;

    /** A graph and where its operands come from. */
    record Described(DnnGraph graph, GraphTensor x, GraphTensor w, GraphTensor y, Map<Integer, GraphTensor> operands) { }

    /** The convolution as it is; channels that tensor cores cannot take are padded. */
    static ConvolutionProblem direct(Layer layer, Epilogue epilogue, ComputeType compute, Window window, TensorLayout from) {
        long[] sizes = layer.inputSizes(1);
        int rank = sizes.length;
        InputPacking packing = channelPadding(compute, from);
        long channels = packing == null ? sizes[1] : packing.channels();
        OutputUnpacking unpacking = channelCutting(layer, compute);
        long outputs = unpacking == null ? sizes[0] : unpacking.channels();
        List<WeightForm.Axis> axes = new ArrayList<>();
        axes.add(WeightForm.Axis.of(outputs, sizes[0], Sizes.product(sizes, 1, rank)));
        List<Long> kernel = new ArrayList<>(List.of(outputs, channels));
        for (int i = 2; i < rank; i++) {
            axes.add(WeightForm.Axis.of(sizes[i], sizes[i], Sizes.product(sizes, i + 1, rank)));
            kernel.add(sizes[i]);
        }
        axes.add(WeightForm.Axis.of(channels, sizes[1], Sizes.product(sizes, 2, rank)));
        return new ConvolutionProblem(layer, epilogue, compute, window, packing, unpacking, kernel,
                new WeightForm(compute.type(), axes));
    }

    private static InputPacking channelPadding(ComputeType compute, TensorLayout from) {
        long channels = from.sizes()[1];
        if (channels % compute.block() == 0) {
            return null;
        }
        long[] rows = InputPacking.rows(from.sizes());
        return new InputPacking(from, Normalization.NONE, compute.type(), Sizes.roundUp(channels, compute.block()), 1, 1, 1, 0,
                rows[2], rows[3]);
    }

    private static OutputUnpacking channelCutting(Layer layer, ComputeType compute) {
        long[] rows = InputPacking.rows(layer.outputSizes(0));
        return rows[1] % compute.block() == 0 ? null
                : new OutputUnpacking(compute.type(), Sizes.roundUp(rows[1], compute.block()), rows[2], rows[3], 1, 1, 0, 0);
    }

    /**
     * A convolution of an image of few channels as one of stride 1 on an image in which blocks of pixels, as large as the strides, are
     * channels. With {@code r} the row of the kernel, {@code p} the padding and {@code s} the stride, row {@code s * o - p + r} of the
     * image is row {@code o + a} of the blocks and row {@code b} in its block, where {@code r - p = s * a + b}; columns likewise. Where
     * that still makes few channels, the columns that a kernel's row reaches become channels too.
     *
     * @param from the image's layout
     */
    static ConvolutionProblem spaceToDepth(Layer layer, Epilogue epilogue, ComputeType compute, Window window,
            TensorLayout from) {
        long[] w = layer.inputSizes(1);
        long[] output = layer.outputSizes(0);
        long[] first = new long[2];
        long[] taps = new long[2];
        long[] size = new long[2];
        List<Long> padsEnd = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            long stride = window.strides().get(i);
            long pad = window.padsBegin().get(i);
            first[i] = Math.floorDiv(-pad, stride);
            taps[i] = Math.floorDiv(w[i + 2] - 1 - pad, stride) - first[i] + 1;
            size[i] = Math.min((layer.inputSizes(0)[i + 2] + stride - 1) / stride, output[i + 2] + first[i] + taps[i] - 1);
            padsEnd.add(output[i + 2] + first[i] + taps[i] - 1 - size[i]);
        }
        long sy = window.strides().get(0);
        long sx = window.strides().get(1);
        long block = w[1] * sy * sx;
        boolean unfold = block < MANY_CHANNELS && taps[1] > 1;
        long columns = unfold ? taps[1] : 1;
        long channels = Sizes.roundUp(block * columns, compute.block());
        List<Long> starts = new ArrayList<>();
        for (long y = 0; y < taps[0]; y++) {
            for (long x = 0; x < (unfold ? 1 : taps[1]); x++) {
                for (long k = 0; k < channels; k++) {
                    long tap = unfold ? k / block : x;
                    long row = (y + first[0]) * sy + k % block / sx % sy + window.padsBegin().get(0);
                    long column = (tap + first[1]) * sx + k % sx + window.padsBegin().get(1);
                    long channel = k % block / (sx * sy);
                    boolean inside = k < block * columns && row >= 0 && row < w[2] && column >= 0 && column < w[3];
                    starts.add(inside ? (channel * w[2] + row) * w[3] + column : -1);
                }
            }
        }
        OutputUnpacking unpacking = channelCutting(layer, compute);
        long outputs = unpacking == null ? w[0] : unpacking.channels();
        WeightForm form = new WeightForm(compute.type(),
                List.of(WeightForm.Axis.of(outputs, w[0], w[1] * w[2] * w[3]), new WeightForm.Axis(starts)));
        Window moves = new Window(List.of(1L, 1L), List.of(1L, 1L), List.of(-first[0], unfold ? 0 : -first[1]),
                List.of(padsEnd.get(0), unfold ? 0 : padsEnd.get(1)));
        InputPacking packing = new InputPacking(from, Normalization.of(layer), compute.type(), channels, sy, sx, columns,
                unfold ? first[1] : 0, size[0], unfold ? output[3] : size[1]);
        return new ConvolutionProblem(layer, epilogue, compute, moves, packing, unpacking,
                List.of(outputs, channels, taps[0], unfold ? 1 : taps[1]), form);
    }

    /**
     * A transposed convolution over one or two axes as a convolution of stride 1 whose channels are blocks of pixels, as large as the
     * strides. With {@code o} the row of the result, {@code p} the padding, {@code s} the stride and {@code o + p = s * q + b}, row
     * {@code o} is the sum over {@code t} of row {@code q - t} of the image times row {@code s * t + b} of the kernel.
     *
     * @return null where the padding cuts off more than the convolution can leave out
     */
    static ConvolutionProblem transposed(Layer layer, Epilogue epilogue, ComputeType compute, Window window, TensorLayout from) {
        long[] w = InputPacking.rows(layer.inputSizes(1));
        long[] input = InputPacking.rows(layer.inputSizes(0));
        long[] output = InputPacking.rows(layer.outputSizes(0));
        Window moves = window.strides().size() == 1 ? window.withLeadingAxis() : window;
        long[] taps = new long[2];
        long[] size = new long[2];
        List<Long> padsBegin = new ArrayList<>();
        List<Long> padsEnd = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            long stride = moves.strides().get(i);
            taps[i] = (w[i + 2] + stride - 1) / stride;
            size[i] = (output[i + 2] - 1 + moves.padsBegin().get(i)) / stride + 1;
            padsBegin.add(taps[i] - 1);
            padsEnd.add(size[i] - input[i + 2]);
            if (padsEnd.get(i) < 0) {
                return null;
            }
        }
        long sy = moves.strides().get(0);
        long sx = moves.strides().get(1);
        long used = sy * sx * w[1];
        long outputs = Sizes.roundUp(used, compute.block());
        List<Long> starts = new ArrayList<>();
        for (long k = 0; k < outputs; k++) {
            for (long y = taps[0] - 1; y >= 0; y--) {
                for (long x = taps[1] - 1; x >= 0; x--) {
                    long row = y * sy + k / w[1] / sx;
                    long column = x * sx + k / w[1] % sx;
                    starts.add(k < used && row < w[2] && column < w[3] ? (k % w[1] * w[2] + row) * w[3] + column : -1);
                }
            }
        }
        InputPacking packing = channelPadding(compute, from);
        long channels = packing == null ? w[0] : packing.channels();
        WeightForm form = new WeightForm(compute.type(), List.of(new WeightForm.Axis(starts),
                WeightForm.Axis.of(channels, w[0], w[1] * w[2] * w[3])));
        OutputUnpacking unpacking = new OutputUnpacking(compute.type(), outputs, size[0], size[1], sy, sx,
                moves.padsBegin().get(0), moves.padsBegin().get(1));
        return new ConvolutionProblem(layer, epilogue, compute,
                new Window(List.of(1L, 1L), List.of(1L, 1L), padsBegin, padsEnd), packing, unpacking,
                List.of(outputs, channels, taps[0], taps[1]), form);
    }

    /**
     * @param inputs layouts of the node's inputs, as the tactic has them
     * @param output layout of the result
     */
    Described describe(List<TensorLayout> inputs, TensorLayout output) {
        DnnGraph.Builder graph = new DnnGraph.Builder();
        GraphTensor x = packing == null ? image(graph, inputs.get(0))
                : alone(graph, packing.channels(), packing.height(), packing.width());
        List<Long> filter = kernel.size() == 3 ? Dimensions.with(kernel, 2, 1) : kernel;
        GraphTensor w = graph.memory(compute.element(), filter, Dimensions.channelsLast(filter));
        GraphTensor y = unpacking == null ? image(graph, output)
                : alone(graph, unpacking.channels(), unpacking.height(), unpacking.width());
        Window moves = window.strides().size() == 1 ? window.withLeadingAxis() : window;
        Map<Integer, GraphTensor> operands = new HashMap<>();
        if (epilogue.isEmpty()) {
            graph.add(new GraphOperation.Convolution(x, w, y, moves));
        } else {
            GraphTensor sum = graph.virtual(compute.element().sum(), y.sizes(), Dimensions.channelsLast(y.sizes()));
            graph.add(new GraphOperation.Convolution(x, w, sum, moves));
            for (int input : epilogue.vectorInputs()) {
                List<Long> sizes = vector(y.sizes());
                operands.put(input, graph.memory(ElementType.FLOAT, sizes, Dimensions.channelsLast(sizes)));
            }
            for (int input : epilogue.wholeInputs()) {
                operands.put(input, image(graph, inputs.get(input)));
            }
            epilogue.append(graph, sum, y, operands);
        }
        return new Described(graph.build(), x, w, y, operands);
    }

    private static List<Long> vector(List<Long> like) {
        List<Long> sizes = new ArrayList<>();
        for (int i = 0; i < like.size(); i++) {
            sizes.add(i == 1 ? like.get(1) : 1L);
        }
        return sizes;
    }

    private static GraphTensor image(DnnGraph.Builder graph, TensorLayout layout) {
        List<Long> sizes = Dimensions.list(layout.sizes());
        List<Long> strides = Dimensions.list(layout.strides());
        if (sizes.size() == 3) {
            strides = Dimensions.with(strides, 2, strides.get(2) * sizes.get(2));
            sizes = Dimensions.with(sizes, 2, 1);
        }
        return graph.memory(ElementType.of(layout.dataType()).orElseThrow(), sizes, strides);
    }

    /** A rearranged image; leading spatial axes beyond two, which keep their sizes, are parted again. */
    private GraphTensor alone(DnnGraph.Builder graph, long channels, long height, long width) {
        long[] like = layer.input(0).shape().rank() != 5 ? null : height * width
                == Sizes.product(layer.inputSizes(0), 2, 5) ? layer.inputSizes(0) : layer.outputSizes(0);
        List<Long> sizes = like == null ? List.of(layer.inputSizes(0)[0], channels, height, width)
                : List.of(like[0], channels, like[2], like[3], like[4]);
        return graph.memory(compute.element(), sizes, Dimensions.channelsLast(sizes));
    }

    /** Where a vector of the epilogue lies, fp32, one value for each of cuDNN's output channels; empty for what is no constant. */
    Optional<Long> constant(int input, Constants constants, CudaContext context) {
        Optional<Long> prepared = epilogue.prepared(input, kernel.get(0).intValue(), constants);
        return prepared.isPresent() ? prepared : layer.constant(input).map(c -> vector(input).of(c, constants, context));
    }

    private WeightForm vector(int input) {
        long elements = layer.input(input).shape().elements();
        List<Long> starts = new ArrayList<>();
        for (long k = 0; k < kernel.get(0); k++) {
            starts.add(k / elements < kernel.get(0) / elements ? k % elements : -1);
        }
        return new WeightForm(DataType.FLOAT32, List.of(new WeightForm.Axis(starts)));
    }
}
