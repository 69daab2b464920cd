package io.firesteel.onnx;

import io.firesteel.op.MatMul;
import io.firesteel.op.PointwiseProgram;
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

    private static void gemm(OnnxNode n) {
        if (n.rank(0) != 2 || n.rank(1) != 2) {
            throw n.invalid("A and B must be matrices, are " + n.tensor(0) + " and " + n.tensor(1));
        }
        float alpha = n.real("alpha", 1);
        float beta = n.real("beta", 1);
        MatMul product = new MatMul(n.flag("transA", false), n.flag("transB", false), PointwiseProgram.IDENTITY);
        Optional<String> bias = bias(n, product, beta);
        if (alpha == 1 && (!n.hasInput(2) || bias.isPresent())) {
            n.emit(product, bias.isPresent() ? new String[] {n.input(0), n.input(1), bias.get()} : new String[] {n.input(0), n.input(1)});
            return;
        }
        throw n.unsupported("alpha " + alpha + ", beta " + beta);
    }

    /** The value of C as a bias of one element for each column, where it is one. */
    private static Optional<String> bias(OnnxNode n, MatMul product, float beta) {
        if (!n.hasInput(2)) {
            return Optional.empty();
        }
        Shape b = n.tensor(1).shape();
        Shape c = n.tensor(2).shape();
        if (c == null || c.rank() == 0 || !c.dim(-1).equals(b.dim(product.transposeB() ? 0 : 1))) {
            return Optional.empty();
        }
        if (beta == 1 && c.rank() == 1) {
            return Optional.of(n.input(2));
        }
        Optional<Tensor> constant = n.constant(2);
        if (constant.isEmpty() || constant.get().elements() != constant.get().size(-1)) {
            return Optional.empty();
        }
        Tensor scaled = Tensor.zeros(constant.get().dataType(), constant.get().elements());
        for (long i = 0; i < scaled.elements(); i++) {
            scaled.setDouble(i, constant.get().getDouble(i) * beta);
        }
        return Optional.of(n.constant(scaled));
    }
}
