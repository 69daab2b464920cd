package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.MatrixProducts;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.PostOp;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.MatMul;
import io.firesteel.op.Quantized;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A product of rows of bytes with one constant matrix of bytes, or of two batches of matrices of bytes that vary with the data.
 *
 * @param inResultUnits see {@link QuantizedNumbers}
 * @param source how the rows' bytes are read
 * @param a the rows as [M, K], or the left matrices
 * @param weights the matrix as [K, N], or the right matrices, strided
 * @param c the result as [M, N], or as matrices
 */
record QuantizedMatMul(Layer layer, Quantized op, Epilogue epilogue, boolean inResultUnits, MemoryDesc a, MemoryDesc weights, long[] c)
        implements QuantizedLayers.Problem {

    static Optional<QuantizedLayers.Problem> of(Layer layer, Quantized op, MatMul matmul, Epilogue epilogue, ElementType source) {
        long[] rows = layer.inputSizes(0);
        long[] matrix = layer.inputSizes(1);
        if (layer.isVariable(1)) {
            return ofTwo(layer, op, matmul, epilogue, source, rows, matrix);
        }
        if (matmul.transposeA() || rows.length < 2 || matrix.length != 2 || Sizes.product(layer.outputSizes(0)) == 0
                || Sizes.product(rows) == 0) {
            return Optional.empty();
        }
        long inner = rows[rows.length - 1];
        long columns = matrix[matmul.transposeB() ? 0 : 1];
        long[] strides = matmul.transposeB() ? new long[] {1, inner} : new long[] {columns, 1};
        long[] a = {Sizes.product(rows, 0, rows.length - 1), inner};
        long[] c = {a[0], columns};
        return epilogue.fits(2, Sizes.product(c)) ? Optional.of(of(layer, op, epilogue, MemoryDesc.rowMajor(source, a),
                MemoryDesc.strided(ElementType.S8, new long[] {inner, columns}, strides), c)) : Optional.empty();
    }

    private static Optional<QuantizedLayers.Problem> ofTwo(Layer layer, Quantized op, MatMul matmul, Epilogue epilogue, ElementType source,
            long[] left, long[] right) {
        if (left.length < 2 || right.length < 2 || Sizes.product(left) == 0 || Sizes.product(right) == 0) {
            return Optional.empty();
        }
        int rank = Math.max(left.length, right.length);
        MatrixOperands operands = MatrixOperands.of(matmul, Sizes.ofRank(left, rank), Sizes.ofRank(right, rank));
        return Optional.of(of(layer, op, epilogue, MemoryDesc.strided(source, operands.a(), operands.aStrides()),
                MemoryDesc.strided(ElementType.S8, operands.b(), operands.bStrides()), operands.c()));
    }

    private static QuantizedMatMul of(Layer layer, Quantized op, Epilogue epilogue, MemoryDesc a, MemoryDesc weights, long[] c) {
        Optional<Epilogue> folded = QuantizedNumbers.folded(op, epilogue);
        return new QuantizedMatMul(layer, op, folded.orElse(epilogue), folded.isPresent(), a, weights, c);
    }

    /** Scales vary along the columns. */
    private QuantizedNumbers numbers() {
        return new QuantizedNumbers(op, 2, inResultUnits);
    }

    private MemoryDesc operand(int input) {
        long[] sizes = layer.inputSizes(input);
        long[] dims = Sizes.product(sizes) == Sizes.product(c) ? c : Sizes.ofRank(sizes, c.length);
        return MemoryDesc.rowMajor(Target.elementType(layer.input(input).dataType()).orElseThrow(), dims);
    }

    @Override
    public Primitive probe(TensorLayout from, TensorLayout to, int inPlace) {
        return primitive(epilogue.postOps(this::operand, inPlace, new ArrayList<>(), null));
    }

    private Primitive primitive(List<PostOp> postOps) {
        MemoryDesc bias = layer.hasInput(EpilogueOperator.BIAS_INPUT)
                ? MemoryDesc.rowMajor(ElementType.F32, Sizes.ofRank(layer.inputSizes(EpilogueOperator.BIAS_INPUT), c.length)) : null;
        return MatrixProducts.matmul(a, layer.isVariable(1) ? weights : MemoryDesc.any(ElementType.S8, weights.dims()), bias,
                MemoryDesc.rowMajor(Target.elementType(layer.output(0).dataType()).orElseThrow(), c), postOps, numbers().rescalings());
    }

    @Override
    public Kernel prepare(Operands operands, Constants constants) {
        List<Stage.Place> further = new ArrayList<>();
        Primitive primitive = primitive(epilogue.postOps(this::operand, operands.inPlaceInput(), further, constants));
        Stage.Place right = layer.isVariable(1) ? Stage.Place.input(1) : Stage.Place.constant(
                new PreparedWeights(weights, primitive.desc(1)).of(layer.constant(1).orElseThrow(), constants));
        return new StagedKernel(new PrimitiveStage(primitive,
                QuantizedLayers.places(layer, numbers(), right, further, constants)));
    }
}
