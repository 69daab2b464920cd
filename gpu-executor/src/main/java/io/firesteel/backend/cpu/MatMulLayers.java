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
import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.Elementwise;
import io.firesteel.backend.cpu.onednn.MatrixProducts;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.PostOp;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.op.MatMul;
import io.firesteel.op.Operator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;

/** Matrix products with their epilogues fused; constant right operands are packed once. */
final class MatMulLayers implements LayerFamily {

    private static final long SHORTEST_VECTOR = 16;

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        return Map.of(MatMul.class, MatMulLayers::offer);
    }

    private static Offer offer(Layer layer, Target target) {
        MatMul op = (MatMul) layer.operator();
        Optional<Epilogue> epilogue = Epilogue.of(op.epilogue(), layer, MatMul.EPILOGUE_INPUT);
        if (layer.input(0).dataType() != DataType.FLOAT32) {
            return Offer.none("the CPU backend multiplies fp32 matrices, not " + layer.input(0).dataType());
        }
        if (epilogue.isEmpty()) {
            return Offer.none("the CPU backend has no fused form of this epilogue");
        }
        if (Sizes.product(layer.outputSizes(0)) == 0 || Sizes.product(layer.inputSizes(0)) == 0) {
            return Offer.none("an operand is empty");
        }
        DataType compute = target.compute(layer);
        Problem problem = Problem.of(layer, op, epilogue.get(), compute);
        IntFunction<Primitive> primitive = inPlace ->
                problem.primitive(epilogue.get().postOps(problem::whole, inPlace, new ArrayList<>(), null));
        Optional<String> implementation = Primitive.implementation(() -> primitive.apply(Operands.NOT_IN_PLACE));
        if (implementation.isEmpty()) {
            return Offer.none("oneDNN has no fast kernel for this matrix product");
        }
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        for (int i = 0; i < inputs.length; i++) {
            if (layer.isVariable(i)) {
                inputs[i] = Target.layout(layer.input(i), TensorFormat.LINEAR, i == 2 ? DataType.FLOAT32 : compute);
            }
        }
        if (inputs[0] == null && layer.hasInput(0)) {
            inputs[0] = Target.layout(layer.input(0), TensorFormat.LINEAR, compute);
        }
        TensorLayout output = Target.layout(layer.output(0), TensorFormat.LINEAR, compute);
        return Offer.of(new RecipeTactic(implementation.get(), inputs, new TensorLayout[] {output}, problem::prepare)
                .precision(Target.precision(compute))
                .inPlace(epilogue.get().residuals(primitive)));
    }

    /** The product as oneDNN sees it: operands of one rank, batch axes collapsed where they can be. */
    private record Problem(Layer layer, Epilogue epilogue, DataType compute, long[] a, long[] aStrides, long[] b,
            long[] bStrides, long[] c) {

        static Problem of(Layer layer, MatMul op, Epilogue epilogue, DataType compute) {
            long[] a = layer.inputSizes(0);
            long[] b = layer.inputSizes(1);
            a = a.length == 1 ? new long[] {1, a[0]} : a;
            b = b.length == 1 ? new long[] {b[0], 1} : b;
            boolean oneMatrix = Sizes.product(b, 0, b.length - 2) == 1;
            if (oneMatrix && (!op.transposeA() || Sizes.product(a, 0, a.length - 2) == 1)) {
                long[] rows = op.transposeA() ? new long[] {a[a.length - 2], a[a.length - 1]}
                        : new long[] {Sizes.product(a, 0, a.length - 1), a[a.length - 1]};
                Problem flat = of(layer, op, epilogue, compute, rows, Arrays.copyOfRange(b, b.length - 2, b.length));
                if (epilogue.fits(2, Sizes.product(flat.c))) {
                    return flat;
                }
            }
            int rank = Math.max(a.length, b.length);
            return of(layer, op, epilogue, compute, Sizes.ofRank(a, rank), Sizes.ofRank(b, rank));
        }

        private static Problem of(Layer layer, MatMul op, Epilogue epilogue, DataType compute, long[] a, long[] b) {
            MatrixOperands operands = MatrixOperands.of(op, a, b);
            return new Problem(layer, epilogue, compute, operands.a(), operands.aStrides(), operands.b(), operands.bStrides(), operands.c());
        }

        int rank() {
            return c.length;
        }

        /** A further operand of the epilogue. */
        MemoryDesc whole(int input) {
            long[] sizes = layer.inputSizes(input);
            long[] dims = Sizes.product(sizes) == Sizes.product(c) ? c : Sizes.ofRank(sizes, rank());
            return MemoryDesc.rowMajor(layer.constant(input).isPresent() ? ElementType.F32
                    : Target.elementType(compute).orElseThrow(), dims);
        }

        Primitive primitive(List<PostOp> postOps) {
            ElementType type = Target.elementType(compute).orElseThrow();
            MemoryDesc weights = layer.constant(1).isPresent() ? MemoryDesc.any(type, b) : MemoryDesc.strided(type, b, bStrides);
            MemoryDesc bias = layer.hasInput(2)
                    ? MemoryDesc.rowMajor(ElementType.F32, Sizes.ofRank(layer.inputSizes(2), rank())) : null;
            return MatrixProducts.matmul(MemoryDesc.strided(type, a, aStrides), weights, bias, MemoryDesc.rowMajor(type, c),
                    postOps);
        }

        Kernel prepare(Operands operands, Constants constants) {
            List<Stage.Place> further = new ArrayList<>();
            List<PostOp> postOps = epilogue.postOps(this::whole, operands.inPlaceInput(), further, constants);
            boolean apart = isVector() && postOps.stream().allMatch(PostOp.Apply.class::isInstance)
                    && postOps.stream().anyMatch(op -> ((PostOp.Apply) op).activation().isTranscendental());
            Primitive primitive = primitive(apart ? List.of() : postOps);
            List<Stage.Place> places = new ArrayList<>();
            places.add(Stage.Place.input(0));
            Optional<Tensor> weights = layer.constant(1);
            places.add(weights.isEmpty() ? Stage.Place.input(1) : Stage.Place.constant(
                    new PreparedWeights(MemoryDesc.strided(ElementType.F32, b, bStrides), primitive.desc(1))
                            .of(weights.get(), constants)));
            if (layer.hasInput(2)) {
                places.add(layer.constant(2).map(bias -> Stage.Place.constant(constants.linear(bias)))
                        .orElse(Stage.Place.input(2)));
            }
            places.add(Stage.Place.output(0));
            places.addAll(further);
            List<Stage> stages = new ArrayList<>(List.of(new PrimitiveStage(primitive, places)));
            for (PostOp op : apart ? postOps : List.<PostOp>of()) {
                MemoryDesc row = MemoryDesc.rowMajor(Target.elementType(compute).orElseThrow(), 1, c[rank() - 1]);
                stages.add(new PrimitiveStage(Elementwise.unary(((PostOp.Apply) op).activation(), row, row, List.of()),
                        List.of(Stage.Place.output(0), Stage.Place.output(0))));
            }
            return new StagedKernel(stages, 0);
        }

        /** A result of one long row, whose post-operations oneDNN computes element by element instead of vector by vector. */
        private boolean isVector() {
            return Sizes.product(c) == c[rank() - 1] && c[rank() - 1] >= SHORTEST_VECTOR;
        }
    }
}
