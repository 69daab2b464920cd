package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.op.Fused;
import io.firesteel.op.Operator;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Attention over heads that lie side by side in a row, without scores in memory. */
final class AttentionKernels implements KernelFamily {

    private static final int BLOCK = 64;
    private static final int WARPS = 4;
    private static final long MOST_SIZE = 256;
    private static final long MOST_TENSOR_SIZE = 128;
    private static final int SHARED_LIMIT = 200 << 10;

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        return Map.of(Fused.MultiHeadAttention.class, AttentionKernels::offer);
    }

    /** Sizes of the problem and distances between its rows. */
    private record Problem(long batch, long heads, long queries, long keys, long size, long valueSize, boolean packed) {

        static Problem of(Layer layer) {
            Fused.MultiHeadAttention op = (Fused.MultiHeadAttention) layer.operator();
            long[] q = layer.inputSizes(0);
            long[] v = op.packed() ? q : layer.inputSizes(2);
            long width = op.packed() ? q[2] / 3 : q[2];
            return new Problem(q[0], op.heads(), q[1], v[1], width / op.heads(), (op.packed() ? width : v[2]) / op.heads(), op.packed());
        }

        private long queryRow() {
            return heads * size * (packed ? 3 : 1);
        }

        private long valueRow() {
            return packed ? queryRow() : heads * valueSize;
        }
    }

    private static Offer offer(Layer layer, KernelTarget target) {
        Problem p = Problem.of(layer);
        if (!layer.input(0).dataType().isFloatingPoint() || layer.input(0).dataType() == DataType.FLOAT64
                || layer.output(0).shape().elements() == 0 || p.keys == 0 || p.size > MOST_SIZE || p.valueSize > MOST_SIZE) {
            return Offer.none("attention is generated for fp32, fp16 and bf16 with heads of up to " + MOST_SIZE + " elements");
        }
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = !layer.hasInput(i) ? null : i == 3 && layer.constant(i).isPresent() ? TensorLayout.linear(layer.input(i))
                    : CudaTypes.layout(layer, layer.input(i), TensorFormat.LINEAR);
        }
        TensorLayout output = CudaTypes.layout(layer, layer.output(0), TensorFormat.LINEAR);
        boolean tensorCores = output.dataType().bytes() == 2 && p.size == p.valueSize && p.size % 16 == 0 && p.size <= MOST_TENSOR_SIZE;
        TensorLayout mask = inputs.length > 3 ? inputs[3] : null;
        Fused.MultiHeadAttention op = (Fused.MultiHeadAttention) layer.operator();
        return Offer.of(target.tactic(tensorCores ? "attention:mma" : "attention:rows", inputs, new TensorLayout[] {output},
                (operands, constants) -> KernelSequence.of(call(p, op, output.dataType(), mask, tensorCores)))
                .precision(CudaTypes.precision(layer)));
    }

    private static KernelCall call(Problem p, Fused.MultiHeadAttention op, DataType type, TensorLayout mask, boolean tensorCores) {
        SourceText text = new SourceText();
        text.line("typedef %s T;", CudaTypes.storage(type)).define("HEADS", p.heads).define("QUERIES", p.queries).define("KEYS", p.keys)
                .define("D", p.size).define("DV", p.valueSize).define("SCALE", CudaTypes.literal(op.scale(), DataType.FLOAT32))
                .define("ZERO_WHEN_MASKED", op.zeroWhenMasked() ? 1 : 0);
        define(text, "Q", p.queryRow(), p.queries, p.size);
        define(text, "K", p.queryRow(), p.keys, p.size);
        define(text, "V", p.valueRow(), p.keys, p.valueSize);
        define(text, "O", p.heads * p.valueSize, p.queries, p.valueSize);
        List<Argument> arguments = new ArrayList<>(List.of(Argument.output(0), Argument.input(0)));
        for (int i = 1; i < 3; i++) {
            arguments.add(p.packed ? Argument.input(0).plus(i * p.heads * p.size * type.bytes()) : Argument.input(i));
        }
        if (mask == null) {
            text.define("MASK_PARAMETER", "").define("MASK(n, h, q, k)", "0").define("MASK_PAIRS", 0);
        } else {
            long[] m = PointwiseSource.broadcastStrides(mask, 4);
            text.define("MASK_PARAMETER", ", const " + CudaTypes.storage(mask.dataType()) + "* mask");
            boolean pairs = mask.dataType() == type && p.keys % 2 == 0 && m[3] == 1 && (m[0] | m[1] | m[2]) % 2 == 0;
            text.define("MASK_AT(n, h, q, k)", String.format("(n) * %dll + (h) * %dll + (q) * %dll + (k) * %dll", m[0], m[1], m[2], m[3]))
                    .define("MASK(n, h, q, k)", "get(mask[MASK_AT(n, h, q, k)])").define("MASK_PAIRS", pairs ? 1 : 0)
                    .define("MASK_ROWS", m[2]);
            arguments.add(Argument.input(3));
        }
        long blocks = Sizes.ceilDiv(p.queries, BLOCK) * p.heads * p.batch;
        text.line(tensorCores ? Prelude.TENSOR_CORES + Prelude.resource("attention.cu") : Prelude.resource("attention_rows.cu"));
        int shared = (int) (5 * BLOCK * (p.size + 8) * type.bytes());
        if (tensorCores && shared > SHARED_LIMIT) {
            throw new IllegalArgumentException("attention needs " + shared + " bytes of shared memory");
        }
        return new KernelCall("attention", text.toString(), blocks, 1, 1, tensorCores ? 32 * WARPS : BLOCK, tensorCores ? shared : 0,
                arguments);
    }

    private static void define(SourceText text, String name, long row, long rows, long head) {
        text.define(name + "_ROW", row + "ll").define(name + "_BATCH", row * rows + "ll").define(name + "_HEAD", head);
    }
}
