package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.CudaLayerFamily;
import io.firesteel.backend.cuda.CudaTactic;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.op.Fused;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Attention in half precisions by cuDNN's fused kernels, which keep the scores on chip. With a mask the graph is the one its engines
 * recognise: scores, scale, mask, softmax as largest element, difference, exponential, sum and quotient, then the product with the
 * values.
 */
public final class AttentionLayers implements CudaLayerFamily {

    private static final int MASK = 3;
    private static final long MOST_HEAD_SIZE = 256;

    @Override
    public Offer offer(Layer layer, CudaContext context) {
        if (!(layer.operator() instanceof Fused.MultiHeadAttention op)) {
            return CudaLayerFamily.notMine();
        }
        Optional<ComputeType> compute = ComputeType.of(layer);
        if (compute.isEmpty() || compute.get().type() == DataType.FLOAT32) {
            return Offer.none("cuDNN's fused attention computes in fp16 and bf16");
        }
        Problem problem = Problem.of(layer, op, compute.get());
        if (problem.size % 8 != 0 || problem.valueSize % 8 != 0 || problem.size > MOST_HEAD_SIZE
                || problem.valueSize > MOST_HEAD_SIZE) {
            return Offer.none("cuDNN's fused attention needs heads of a multiple of 8 up to " + MOST_HEAD_SIZE + " elements");
        }
        if (layer.constant(0).isPresent() || !op.packed() && (layer.constant(1).isPresent() || layer.constant(2).isPresent())) {
            return Offer.none("cuDNN's fused attention here needs variable operands");
        }
        if (layer.output(0).shape().elements() == 0 || problem.keys == 0) {
            return Offer.none("there is nothing to compute");
        }
        return Offer.of(problem.tactic(context));
    }

    private record Problem(Layer layer, ComputeType compute, float scale, boolean packed, long batch, long heads, long queries,
            long keys, long size, long valueSize) {

        static Problem of(Layer layer, Fused.MultiHeadAttention op, ComputeType compute) {
            long[] q = layer.inputSizes(0);
            long[] v = op.packed() ? q : layer.inputSizes(2);
            long width = op.packed() ? q[2] / 3 : q[2];
            return new Problem(layer, compute, op.scale(), op.packed(), q[0], op.heads(), q[1], v[1], width / op.heads(),
                    (op.packed() ? width : v[2]) / op.heads());
        }

        private TensorLayout linear(int input) {
            return TensorLayout.linear(layer.input(input).withDataType(compute.type()));
        }

        CudaTactic tactic(CudaContext context) {
            TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
            double bytes = 0;
            for (int i = 0; i < inputs.length; i++) {
                if (layer.hasInput(i)) {
                    inputs[i] = linear(i);
                    bytes += inputs[i].bytes();
                }
            }
            TensorLayout output = TensorLayout.linear(layer.output(0).withDataType(compute.type()));
            return new CudaTactic("cudnn:attention", inputs, new TensorLayout[] {output},
                    (operands, constants) -> prepare(context, constants)).precision(compute.precision()).cost(bytes + output.bytes());
        }

        private GraphTensor heads(DnnGraph.Builder graph, long rows, long columns, long row, boolean transposed) {
            List<Long> sizes = transposed ? List.of(batch, heads, columns, rows) : List.of(batch, heads, rows, columns);
            return graph.memory(compute.element(), sizes,
                    List.of(rows * row, columns, transposed ? 1 : row, transposed ? row : 1));
        }

        Kernel prepare(CudaContext context, Constants constants) {
            boolean masked = layer.hasInput(MASK);
            long queryRow = heads * size * (packed ? 3 : 1);
            long valueRow = packed ? queryRow : heads * valueSize;
            DnnGraph.Builder graph = new DnnGraph.Builder();
            GraphTensor q = heads(graph, queries, size, queryRow, false);
            GraphTensor k = heads(graph, keys, size, queryRow, masked);
            GraphTensor v = heads(graph, keys, valueSize, valueRow, false);
            GraphTensor y = heads(graph, queries, valueSize, heads * valueSize, false);
            Map<Integer, PlanKernel.Place> places = new HashMap<>();
            if (masked) {
                maskedGraph(graph, q, k, v, y, places, constants, context);
            } else {
                graph.add(new GraphOperation.Attention(q, k, v, graph.scalar(scale, 4), y));
            }
            long bytes = compute.type().bytes();
            places.put(q.id(), PlanKernel.Place.input(0));
            places.put(k.id(), packed ? PlanKernel.Place.input(0, heads * size * bytes) : PlanKernel.Place.input(1));
            places.put(v.id(), packed ? PlanKernel.Place.input(0, 2 * heads * size * bytes) : PlanKernel.Place.input(2));
            places.put(y.id(), PlanKernel.Place.output());
            DnnGraph built = graph.build();
            return new PlanKernel(DnnDevice.of(context).plan(built, compute.refused()), built, places);
        }

        private void maskedGraph(DnnGraph.Builder graph, GraphTensor q, GraphTensor k, GraphTensor v, GraphTensor y,
                Map<Integer, PlanKernel.Place> places, Constants constants, CudaContext context) {
            GraphTensor scores = virtual(graph, ElementType.FLOAT, queries, keys);
            graph.add(new GraphOperation.MatrixProduct(q, k, scores));
            PointwiseEmitter emitter = new PointwiseEmitter(graph, scores);
            // The engines take the factor for a part of dropout where it is a scalar in host memory.
            List<Long> ones = List.of(1L, 1L, 1L, 1L);
            GraphTensor factor = graph.memory(ElementType.FLOAT, ones, ones);
            places.put(factor.id(), PlanKernel.Place.constant(new WeightForm(DataType.FLOAT32, List.of(WeightForm.Axis.of(1, 1, 1)))
                    .of(Tensor.scalar(DataType.FLOAT32, scale), constants, context)));
            List<Long> sizes = maskSizes();
            GraphTensor mask = graph.memory(compute.element(), sizes, Sizes.rowMajor(sizes));
            places.put(mask.id(), PlanKernel.Place.input(MASK));
            GraphTensor value = emitter.emit(PointwiseMode.ADD, emitter.emit(PointwiseMode.MUL, scores, factor), mask);
            GraphTensor largest = virtual(graph, ElementType.FLOAT, queries, 1);
            graph.add(new GraphOperation.Reduction(false, value, largest));
            GraphTensor exponential = emitter.emit(PointwiseMode.EXP, emitter.emit(PointwiseMode.SUB, value, largest));
            GraphTensor sum = virtual(graph, ElementType.FLOAT, queries, 1);
            graph.add(new GraphOperation.Reduction(true, exponential, sum));
            emitter.emit(PointwiseMode.DIV, exponential, sum);
            GraphTensor weights = virtual(graph, compute.element(), queries, keys);
            graph.finishInto(weights);
            graph.add(new GraphOperation.MatrixProduct(weights, v, y));
        }

        private GraphTensor virtual(DnnGraph.Builder graph, ElementType type, long rows, long columns) {
            List<Long> sizes = List.of(batch, heads, rows, columns);
            return graph.virtual(type, sizes, Sizes.rowMajor(sizes));
        }

        private List<Long> maskSizes() {
            long[] mask = layer.inputSizes(MASK);
            Long[] sizes = {1L, 1L, 1L, 1L};
            for (int i = 0; i < mask.length; i++) {
                sizes[4 - mask.length + i] = mask[i];
            }
            return List.of(sizes);
        }
    }
}
