package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;

/**
 * Matrix product as in NumPy's matmul, batch dimensions broadcast, with bias and epilogue.
 *
 * <p>Inputs: 0 a [..., M, K]; 1 b [..., K, N]; 2 bias [N], or absent; 3 and on, the epilogue's inputs 1 and on. A transposed
 * operand has its last two axes exchanged before the product. One-dimensional operands are a row (a) or column (b) whose
 * axis is removed from the result; they cannot be transposed.
 *
 * @param transposeA whether a is [..., K, M]
 * @param transposeB whether b is [..., N, K]
 * @param epilogue pointwise operators applied to the result after the bias
 */
public record MatMul(boolean transposeA, boolean transposeB, PointwiseProgram epilogue) implements EpilogueOperator {

    /** A plain product. */
    public MatMul() {
        this(false, false, PointwiseProgram.IDENTITY);
    }

    @Override
    public MatMul withEpilogue(PointwiseProgram other) {
        return new MatMul(transposeA, transposeB, other);
    }

    @Override
    public int channelAxis(int rank) {
        return rank - 1;
    }

    @Override
    public double multiplications(List<Shape> inputs, Shape output) {
        Shape a = inputs.get(0);
        return Contraction.product(output.sizes(), 0) * a.dim(a.rank() > 1 && transposeA ? -2 : -1).size();
    }

    @Override
    public List<ValueType> inferTypes(InferenceContext context) {
        TensorType a = context.tensor(0);
        TensorType b = context.tensor(1);
        if (a.dataType() != b.dataType()) {
            throw context.error("operands must have one element type, are " + a + " and " + b);
        }
        if (!a.hasRank() || !b.hasRank()) {
            return List.of(Epilogues.infer(epilogue, TensorType.ofUnknownRank(a.dataType()), EPILOGUE_INPUT, context));
        }
        return List.of(Epilogues.infer(epilogue, a.withShape(shape(a.shape(), b.shape(), context)), EPILOGUE_INPUT, context));
    }

    private Shape shape(Shape a, Shape b, InferenceContext context) {
        if (a.rank() == 0 || b.rank() == 0) {
            throw context.error("operands must not be scalars");
        }
        List<Dim> left = new ArrayList<>(a.dims());
        List<Dim> right = new ArrayList<>(b.dims());
        if (a.rank() == 1) {
            left.add(0, Dim.of(1));
        }
        if (b.rank() == 1) {
            right.add(Dim.of(1));
        }
        Dim rows = left.get(left.size() - (transposeA ? 1 : 2));
        Dim inner = left.get(left.size() - (transposeA ? 2 : 1));
        Dim innerB = right.get(right.size() - (transposeB ? 1 : 2));
        Dim columns = right.get(right.size() - (transposeB ? 2 : 1));
        if (inner.isConstant() && innerB.isConstant() && !inner.equals(innerB)) {
            throw context.error("inner dimensions of " + a + " and " + b + " differ");
        }
        Shape batch = Broadcasting.shapes(new Shape(left.subList(0, left.size() - 2)), new Shape(right.subList(0, right.size() - 2)), context);
        List<Dim> dims = new ArrayList<>(batch.dims());
        if (a.rank() > 1) {
            dims.add(rows);
        }
        if (b.rank() > 1) {
            dims.add(columns);
        }
        return new Shape(dims);
    }
}
