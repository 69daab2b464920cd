package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Layer;
import io.firesteel.backend.TensorLayout;
import io.firesteel.op.Fused;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;

/**
 * Attention over heads that lie side by side in a row: sizes, distances between rows, and the mask.
 *
 * @param op the operator
 * @param type element type of queries, keys, values and results
 * @param mask layout of the mask, or null
 * @param queries of a sequence
 * @param keys of a sequence
 * @param size elements of a head's queries and keys
 * @param valueSize elements of a head's values
 */
record AttentionProblem(Fused.MultiHeadAttention op, DataType type, TensorLayout mask, long batch, long queries, long keys, long size,
        long valueSize) {

    static final int MASK = 3;

    static AttentionProblem of(Layer layer, DataType type, TensorLayout mask) {
        Fused.MultiHeadAttention op = (Fused.MultiHeadAttention) layer.operator();
        long[] q = layer.inputSizes(0);
        long[] v = op.packed() ? q : layer.inputSizes(2);
        long width = op.packed() ? q[2] / 3 : q[2];
        return new AttentionProblem(op, type, mask, q[0], q[1], v[1], width / op.heads(), (op.packed() ? width : v[2]) / op.heads());
    }

    long heads() {
        return op.heads();
    }

    /** Whether heads are such as tensor cores multiply. */
    boolean forTensorCores() {
        return type.bytes() == 2 && size == valueSize && size % 16 == 0;
    }

    /** Whether rows of the mask can be read as aligned vectors of so many elements. */
    boolean maskVectors(int elements) {
        if (mask == null || keys % elements != 0) {
            return false;
        }
        long[] m = maskStrides();
        return m[3] == 1 && m[0] % elements == 0 && m[1] % elements == 0 && m[2] % elements == 0;
    }

    long[] maskStrides() {
        return PointwiseSource.broadcastStrides(mask, 4);
    }

    /** What all kernels are told. */
    SourceText text() {
        SourceText text = new SourceText();
        text.line("typedef %s T;", CudaTypes.storage(type)).define("HEADS", heads()).define("QUERIES", queries).define("KEYS", keys)
                .define("D", size).define("DV", valueSize).define("SCALE", CudaTypes.literal(op.scale(), DataType.FLOAT32))
                .define("ZERO_WHEN_MASKED", op.zeroWhenMasked() ? 1 : 0);
        long queryRow = heads() * size * (op.packed() ? 3 : 1);
        long valueRow = op.packed() ? queryRow : heads() * valueSize;
        define(text, "Q", queryRow, queries, size);
        define(text, "K", queryRow, keys, size);
        define(text, "V", valueRow, keys, valueSize);
        define(text, "O", heads() * valueSize, queries, valueSize);
        if (mask == null) {
            return text.define("MASK_PARAMETER", "").define("MASK(n, h, q, k)", "0");
        }
        long[] m = maskStrides();
        return text.line("typedef %s M;", CudaTypes.storage(mask.dataType())).define("MASK_PARAMETER", ", const M* mask")
                .define("MASK_AT(n, h, q, k)", String.format("(n) * %dll + (h) * %dll + (q) * %dll + (k) * %dll", m[0], m[1], m[2], m[3]))
                .define("MASK(n, h, q, k)", "get(mask[MASK_AT(n, h, q, k)])").define("MASK_ROWS", m[2]);
    }

    private static void define(SourceText text, String name, long row, long rows, long head) {
        text.define(name + "_ROW", row + "ll").define(name + "_BATCH", row * rows + "ll").define(name + "_HEAD", head);
    }

    /** Addresses of the result, queries, keys, values and the mask. */
    List<Argument> arguments() {
        List<Argument> arguments = new ArrayList<>(List.of(Argument.output(0), Argument.input(0)));
        for (int i = 1; i < MASK; i++) {
            arguments.add(op.packed() ? Argument.input(0).plus(i * heads() * size * type.bytes()) : Argument.input(i));
        }
        if (mask != null) {
            arguments.add(Argument.input(MASK));
        }
        return arguments;
    }
}
