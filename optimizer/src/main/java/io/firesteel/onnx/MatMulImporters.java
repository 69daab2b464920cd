package io.firesteel.onnx;

import io.firesteel.op.Arithmetic;
import io.firesteel.op.MatMul;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import java.util.Optional;

/** Importers of MatMul and Gemm. */
public final class MatMulImporters implements ImporterFamily {

    @Override
    public void register(Registry registry) {
        registry.add("MatMul", n -> n.emit(new MatMul(), n.input(0), n.input(1)));
        registry.add("Gemm", MatMulImporters::gemm);
    }

    /** {@code alpha * A B + beta * C}: the factors move to B and C, where they fold into constants. */
    private static void gemm(OnnxNode n) {
        if (n.rank(0) != 2 || n.rank(1) != 2) {
            throw n.invalid("A and B must be matrices, are " + n.tensor(0) + " and " + n.tensor(1));
        }
        MatMul product = new MatMul(n.flag("transA", false), n.flag("transB", false), PointwiseProgram.IDENTITY);
        float beta = n.real("beta", 1);
        String b = scaled(n, n.input(1), n.real("alpha", 1));
        if (!n.hasInput(2) || beta == 0) {
            n.emit(product, n.input(0), b);
            return;
        }
        Optional<String> bias = bias(n, product);
        if (bias.isPresent()) {
            n.emit(product, n.input(0), b, scaled(n, bias.get(), beta));
        } else {
            n.emit(new Arithmetic.Add(), n.add(product, n.input(0), b), scaled(n, n.input(2), beta));
        }
    }

    private static String scaled(OnnxNode n, String value, float factor) {
        if (factor == 1) {
            return value;
        }
        DataType type = n.graph().tensor(value).dataType();
        if (!type.isFloatingPoint() && factor != Math.rint(factor)) {
            throw n.unsupported("integers cannot be scaled by " + factor);
        }
        return n.add(new Arithmetic.Mul(), value, n.constant(Tensor.scalar(type, factor)));
    }

    /** C as a vector of one element for each column, where it is one. */
    private static Optional<String> bias(OnnxNode n, MatMul product) {
        Shape c = n.tensor(2).shape();
        if (c == null || c.rank() == 0 || !c.dim(-1).equals(n.tensor(1).shape().dim(product.transposeB() ? 0 : 1))) {
            return Optional.empty();
        }
        if (c.rank() == 1) {
            return Optional.of(n.input(2));
        }
        return n.constant(2).filter(t -> t.elements() == t.size(-1)).map(t -> n.constant(t.reshaped(t.elements())));
    }
}
