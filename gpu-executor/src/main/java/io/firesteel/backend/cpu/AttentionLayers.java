package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.Activation;
import io.firesteel.backend.cpu.onednn.BinaryFunction;
import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.Elementwise;
import io.firesteel.backend.cpu.onednn.MatrixProducts;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.Normalizations;
import io.firesteel.backend.cpu.onednn.PostOp;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.op.Fused;
import io.firesteel.op.Operator;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Attention over heads that lie side by side in a row: the products read them in place, and the scores of one row of the batch
 * are finished before the next begins, so that they stay in the cache.
 */
final class AttentionLayers implements LayerFamily {

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        return Map.of(Fused.MultiHeadAttention.class, AttentionLayers::offer);
    }

    private static Offer offer(Layer layer, Target target) {
        for (int i = 0; i < layer.inputCount(); i++) {
            if (layer.hasInput(i) && (layer.input(i).dataType() != DataType.FLOAT32 || i < 3 && layer.constant(i).isPresent())) {
                return Offer.none("the CPU backend computes attention on fp32 tensors that vary");
            }
        }
        if (Sizes.product(layer.outputSizes(0)) == 0) {
            return Offer.none("the result is empty");
        }
        DataType compute = target.compute(layer);
        Problem problem = Problem.of(layer, compute);
        List<Primitive> probes = new ArrayList<>();
        try {
            if (Primitive.attempt(() -> problem.primitives(probes)).isEmpty()) {
                return Offer.none("oneDNN has no fast kernel for this attention");
            }
        } finally {
            probes.forEach(Primitive::close);
        }
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        for (int i = 0; i < inputs.length; i++) {
            if (layer.isVariable(i)) {
                inputs[i] = Target.layout(layer.input(i), TensorFormat.LINEAR, i == 3 ? DataType.FLOAT32 : compute);
            }
        }
        TensorLayout output = Target.layout(layer.output(0), TensorFormat.LINEAR, compute);
        return Offer.of(new RecipeTactic("attention", inputs, new TensorLayout[] {output}, problem::prepare)
                .precision(Target.precision(compute)));
    }

    /** One row of the batch: queries [heads, S, D], keys [heads, D, T], values [heads, T, V]. */
    private record Problem(Layer layer, DataType compute, float scale, boolean packed, boolean zeroWhenMasked, long batch,
            long heads, long queries, long keys, long size, long valueSize) {

        static Problem of(Layer layer, DataType compute) {
            Fused.MultiHeadAttention op = (Fused.MultiHeadAttention) layer.operator();
            long[] q = layer.inputSizes(0);
            long[] v = op.packed() ? q : layer.inputSizes(2);
            long width = op.packed() ? q[2] / 3 : q[2];
            return new Problem(layer, compute, op.scale(), op.packed(), op.zeroWhenMasked(), q[0], op.heads(), q[1], v[1],
                    width / op.heads(), (op.packed() ? width : v[2]) / op.heads());
        }

        private ElementType type() {
            return Target.elementType(compute).orElseThrow();
        }

        private long queryRow() {
            return heads * size * (packed ? 3 : 1);
        }

        private long valueRow() {
            return packed ? queryRow() : heads * valueSize;
        }

        private MemoryDesc scores(ElementType type) {
            return MemoryDesc.rowMajor(type, heads, queries, keys);
        }

        /** The mask of one row of the batch. */
        private MemoryDesc mask() {
            long[] sizes = Sizes.ofRank(layer.inputSizes(3), 4);
            return MemoryDesc.rowMajor(ElementType.F32, sizes[1], sizes[2], sizes[3]);
        }

        /**
         * Scores, where oneDNN does not add the mask to them at once a sum, softmax, and the product with the values.
         *
         * @param result they are added here one by one
         * @return {@code result}
         */
        List<Primitive> primitives(List<Primitive> result) {
            MemoryDesc q = MemoryDesc.strided(type(), new long[] {heads, queries, size}, new long[] {size, queryRow(), 1});
            MemoryDesc k = MemoryDesc.strided(type(), new long[] {heads, size, keys}, new long[] {size, 1, queryRow()});
            MemoryDesc v = MemoryDesc.strided(type(), new long[] {heads, keys, valueSize}, new long[] {valueSize, valueRow(), 1});
            MemoryDesc y = MemoryDesc.strided(type(), new long[] {heads, queries, valueSize},
                    new long[] {valueSize, heads * valueSize, 1});
            MemoryDesc scores = scores(ElementType.F32);
            PostOp scaling = new PostOp.Apply(new Activation(Activation.Kind.LINEAR, scale, 0));
            Optional<Primitive> masked = layer.hasInput(3) ? Primitive.attempt(() -> MatrixProducts.matmul(q, k, null, scores,
                    List.of(scaling, new PostOp.Binary(BinaryFunction.ADD, mask())))) : Optional.empty();
            if (masked.isPresent()) {
                result.add(masked.get());
            } else {
                result.add(MatrixProducts.matmul(q, k, null, scores, List.of(scaling)));
                if (layer.hasInput(3)) {
                    result.add(Elementwise.binary(BinaryFunction.ADD, scores, mask(), scores, List.of()));
                }
            }
            result.add(Normalizations.softmax(false, scores, scores(type()), 2, List.of()));
            result.add(MatrixProducts.matmul(scores(type()), v, null, y, List.of()));
            return result;
        }

        Kernel prepare(Operands operands, Constants constants) {
            List<Primitive> primitives = new ArrayList<>();
            primitives(primitives);
            long scoreBytes = (scores(ElementType.F32).bytes() + 63) / 64 * 64;
            Stage.Place scores = Stage.Place.temporary(0);
            Stage.Place weights = Stage.Place.temporary(compute == DataType.FLOAT32 ? 0 : scoreBytes);
            List<Stage> stages = new ArrayList<>();
            int bytes = compute.bytes();
            for (long n = 0; n < batch; n++) {
                Stage.Place q = Stage.Place.input(0).plus(n * queries * queryRow() * bytes);
                Stage.Place k = packed ? q.plus(heads * size * bytes) : Stage.Place.input(1).plus(n * keys * queryRow() * bytes);
                Stage.Place v = packed ? q.plus(2 * heads * size * bytes)
                        : Stage.Place.input(2).plus(n * keys * valueRow() * bytes);
                boolean fused = primitives.size() == 3;
                List<Stage.Place> first = new ArrayList<>(List.of(q, k, scores));
                if (layer.hasInput(3) && fused) {
                    first.add(mask(n, constants));
                }
                stages.add(new PrimitiveStage(primitives.get(0), first));
                if (!fused) {
                    stages.add(new PrimitiveStage(primitives.get(1), List.of(scores, mask(n, constants), scores)));
                }
                int next = primitives.size() - 2;
                stages.add(new PrimitiveStage(primitives.get(next), List.of(scores, weights)));
                if (zeroWhenMasked) {
                    stages.add(new MaskedRowsStage(weights, compute, heads, queries, keys));
                }
                stages.add(new PrimitiveStage(primitives.get(next + 1), List.of(weights, v,
                        Stage.Place.output(0).plus(n * queries * heads * valueSize * bytes))));
            }
            return new StagedKernel(stages, 2 * scoreBytes, "attention:" + primitives.get(0).implementation());
        }

        private Stage.Place mask(long n, Constants constants) {
            boolean perRow = Sizes.ofRank(layer.inputSizes(3), 4)[0] > 1;
            Stage.Place all = layer.constant(3).map(c -> Stage.Place.constant(constants.linear(c))).orElse(Stage.Place.input(3));
            return perRow ? all.plus(n * mask().bytes()) : all;
        }
    }
}
