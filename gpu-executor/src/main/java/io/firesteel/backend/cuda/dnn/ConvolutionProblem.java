package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Layer;
import io.firesteel.backend.TensorLayout;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A convolution as cuDNN computes it, perhaps on a rearranged image.
 *
 * @param layer the layer
 * @param epilogue what follows
 * @param compute element type of image and weights
 * @param window of the rearranged image where {@code packing} is given
 * @param transposed whether it is a transposed convolution
 * @param packing how the image is rearranged first, or null
 * @param kernel sizes of the weights as cuDNN sees them: output channels, input channels, spatial...
 * @param weights the weights' form: output channels, spatial..., input channels
 */
record ConvolutionProblem(Layer layer, Epilogue epilogue, ComputeType compute, Window window, boolean transposed,
        InputPacking packing, List<Long> kernel, WeightForm weights) {

    /**
     * The convolution of the image as it is, or with channels padded.
     *
     * @param packing gives the image its padding, or null
     */
    static ConvolutionProblem direct(Layer layer, Epilogue epilogue, ComputeType compute, Window window, boolean transposed,
            InputPacking packing) {
        long[] sizes = layer.inputSizes(1);
        int rank = sizes.length;
        long channels = packing == null ? sizes[1] : packing.channels();
        List<WeightForm.Axis> axes = new ArrayList<>();
        axes.add(WeightForm.Axis.of(sizes[0], sizes[0], Sizes.product(sizes, 1, rank)));
        List<Long> kernel = new ArrayList<>(List.of(sizes[0], channels));
        for (int i = 2; i < rank; i++) {
            axes.add(WeightForm.Axis.of(sizes[i], sizes[i], Sizes.product(sizes, i + 1, rank)));
            kernel.add(sizes[i]);
        }
        axes.add(WeightForm.Axis.of(channels, sizes[1], Sizes.product(sizes, 2, rank)));
        return new ConvolutionProblem(layer, epilogue, compute, window, transposed, packing, kernel,
                new WeightForm(compute.type(), axes));
    }

    /**
     * A convolution whose strides are larger than 1 on an image of few channels, as one of stride 1 on an image in which blocks of
     * pixels, as large as the strides, are channels. With {@code r} the row of the kernel, {@code p} the padding and {@code s} the
     * stride, row {@code s * o - p + r} of the image is row {@code o + a} of the blocks and row {@code b} in its block, where
     * {@code r - p = s * a + b}; columns likewise.
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
        long channels = Sizes.roundUp(w[1] * sy * sx, compute.block());
        List<Long> starts = new ArrayList<>();
        for (long y = 0; y < taps[0]; y++) {
            for (long x = 0; x < taps[1]; x++) {
                for (long k = 0; k < channels; k++) {
                    long row = (y + first[0]) * sy + k / sx % sy + window.padsBegin().get(0);
                    long column = (x + first[1]) * sx + k % sx + window.padsBegin().get(1);
                    long channel = k / (sx * sy);
                    boolean inside = channel < w[1] && row >= 0 && row < w[2] && column >= 0 && column < w[3];
                    starts.add(inside ? (channel * w[2] + row) * w[3] + column : -1);
                }
            }
        }
        WeightForm form = new WeightForm(compute.type(),
                List.of(WeightForm.Axis.of(w[0], w[0], w[1] * w[2] * w[3]), new WeightForm.Axis(starts)));
        Window moves = new Window(List.of(1L, 1L), List.of(1L, 1L), List.of(-first[0], -first[1]), padsEnd);
        InputPacking packing = new InputPacking(from, compute.type(), channels, sy, sx, size[0], size[1]);
        return new ConvolutionProblem(layer, epilogue, compute, moves, false, packing,
                List.of(w[0], channels, taps[0], taps[1]), form);
    }

    /** A graph and where its operands come from. */
    record Described(DnnGraph graph, GraphTensor x, GraphTensor w, GraphTensor y, Map<Integer, GraphTensor> operands) { }

    /**
     * @param inputs layouts of the node's inputs, as the tactic has them
     * @param output layout of the result
     */
    Described describe(List<TensorLayout> inputs, TensorLayout output) {
        DnnGraph.Builder graph = new DnnGraph.Builder();
        GraphTensor x = packing == null ? image(graph, inputs.get(0)) : packed(graph);
        List<Long> filter = spatial() == 1 ? Sizes.with(kernel, 2, 1) : kernel;
        GraphTensor w = graph.memory(compute.element(), filter, Sizes.channelsLast(filter));
        GraphTensor y = image(graph, output);
        Window moves = spatial() == 1 ? window.withLeadingAxis() : window;
        Map<Integer, GraphTensor> operands = new HashMap<>();
        if (epilogue.isEmpty()) {
            graph.add(operation(x, w, y, moves));
        } else {
            GraphTensor sum = graph.virtual(ElementType.FLOAT, y.sizes(), Sizes.channelsLast(y.sizes()));
            graph.add(operation(x, w, sum, moves));
            for (int input : epilogue.vectorInputs()) {
                List<Long> sizes = vector(y.sizes());
                operands.put(input, graph.memory(ElementType.FLOAT, sizes, Sizes.channelsLast(sizes)));
            }
            for (int input : epilogue.wholeInputs()) {
                operands.put(input, image(graph, inputs.get(input)));
            }
            epilogue.append(graph, sum, y, operands);
        }
        return new Described(graph.build(), x, w, y, operands);
    }

    private GraphOperation operation(GraphTensor x, GraphTensor w, GraphTensor y, Window moves) {
        return transposed ? new GraphOperation.DataGradient(x, w, y, moves) : new GraphOperation.Convolution(x, w, y, moves);
    }

    private static List<Long> vector(List<Long> like) {
        List<Long> sizes = new ArrayList<>();
        for (int i = 0; i < like.size(); i++) {
            sizes.add(i == 1 ? like.get(1) : 1L);
        }
        return sizes;
    }

    private int spatial() {
        return layer.input(0).shape().rank() - 2;
    }

    private static GraphTensor image(DnnGraph.Builder graph, TensorLayout layout) {
        List<Long> sizes = Sizes.list(layout.sizes());
        List<Long> strides = Sizes.list(layout.strides());
        if (sizes.size() == 3) {
            strides = Sizes.with(strides, 2, strides.get(2) * sizes.get(2));
            sizes = Sizes.with(sizes, 2, 1);
        }
        return graph.memory(ElementType.of(layout.dataType()).orElseThrow(), sizes, strides);
    }

    private GraphTensor packed(DnnGraph.Builder graph) {
        List<Long> sizes = new ArrayList<>(List.of(layer.inputSizes(0)[0], packing.channels()));
        if (spatial() == 3) {
            sizes.addAll(Sizes.list(layer.inputSizes(0)).subList(2, 5));
        } else {
            sizes.addAll(List.of(packing.height(), packing.width()));
        }
        return graph.memory(compute.element(), sizes, Sizes.channelsLast(sizes));
    }

    /** A vector of the epilogue in fp32. */
    WeightForm vector(int input) {
        long elements = layer.input(input).shape().elements();
        return new WeightForm(DataType.FLOAT32, List.of(WeightForm.Axis.of(elements, elements, 1)));
    }
}
