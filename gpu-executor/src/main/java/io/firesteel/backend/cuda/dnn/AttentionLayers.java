package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.CudaLayerFamily;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.op.Fused;
import io.firesteel.tensor.DataType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Attention without a mask, in half precisions, by cuDNN's fused kernels, which keep the scores on chip.
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
        if (layer.hasInput(MASK) || op.zeroWhenMasked()) {
            return Offer.none("cuDNN's attention is used here without a mask");
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

        RecipeTactic tactic(CudaContext context) {
            TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
            double bytes = 0;
            for (int i = 0; i < inputs.length; i++) {
                if (layer.hasInput(i)) {
                    inputs[i] = linear(i);
                    bytes += inputs[i].bytes();
                }
            }
            TensorLayout output = TensorLayout.linear(layer.output(0).withDataType(compute.type()));
            return new RecipeTactic("cudnn:attention", inputs, new TensorLayout[] {output},
                    (operands, constants) -> prepare(context, constants)).precision(compute.precision()).cost(bytes + output.bytes());
        }

        private GraphTensor heads(DnnGraph.Builder graph, long rows, long columns, long row) {
            return graph.memory(compute.element(), List.of(batch, heads, rows, columns), List.of(rows * row, columns, row, 1L));
        }

        Kernel prepare(CudaContext context, Constants constants) {
            long queryRow = heads * size * (packed ? 3 : 1);
            long valueRow = packed ? queryRow : heads * valueSize;
            DnnGraph.Builder graph = new DnnGraph.Builder();
            GraphTensor q = heads(graph, queries, size, queryRow);
            GraphTensor k = heads(graph, keys, size, queryRow);
            GraphTensor v = heads(graph, keys, valueSize, valueRow);
            GraphTensor y = heads(graph, queries, valueSize, heads * valueSize);
            Map<Integer, PlanKernel.Place> places = new HashMap<>();
            graph.add(new GraphOperation.Attention(q, k, v, graph.scalar(scale, 4), y));
            long bytes = compute.type().bytes();
            places.put(q.id(), PlanKernel.Place.input(0));
            places.put(k.id(), packed ? PlanKernel.Place.input(0, heads * size * bytes) : PlanKernel.Place.input(1));
            places.put(v.id(), packed ? PlanKernel.Place.input(0, 2 * heads * size * bytes) : PlanKernel.Place.input(2));
            places.put(y.id(), PlanKernel.Place.output());
            DnnGraph built = graph.build();
            return new PlanKernel(DnnDevice.of(context).plan(built, compute.refused(), constants), built, places);
        }
    }
}
