package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.Tactic;
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

    private static Offer offer(Layer layer, KernelTarget target) {
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = !layer.hasInput(i) ? null : i == AttentionProblem.MASK && layer.constant(i).isPresent()
                    ? TensorLayout.linear(layer.input(i)) : CudaTypes.layout(layer, layer.input(i), TensorFormat.LINEAR);
        }
        TensorLayout output = CudaTypes.layout(layer, layer.output(0), TensorFormat.LINEAR);
        AttentionProblem problem = AttentionProblem.of(layer, output.dataType(),
                inputs.length > AttentionProblem.MASK ? inputs[AttentionProblem.MASK] : null);
        if (!layer.input(0).dataType().isFloatingPoint() || layer.input(0).dataType() == DataType.FLOAT64
                || layer.output(0).shape().elements() == 0 || problem.keys() == 0 || problem.size() > MOST_SIZE
                || problem.valueSize() > MOST_SIZE) {
            return Offer.none("attention is generated for fp32, fp16 and bf16 with heads of up to " + MOST_SIZE + " elements");
        }
        List<Tactic> tactics = new ArrayList<>();
        if (GroupedAttention.takes(problem, target.device())) {
            tactics.add(target.tactic("attention:group", inputs, new TensorLayout[] {output},
                    (operands, constants) -> KernelSequence.of(GroupedAttention.call(problem))).precision(CudaTypes.precision(layer)));
        }
        boolean tensorCores = problem.forTensorCores() && problem.size() <= MOST_TENSOR_SIZE;
        tactics.add(target.tactic(tensorCores ? "attention:mma" : "attention:rows", inputs, new TensorLayout[] {output},
                (operands, constants) -> KernelSequence.of(call(problem, tensorCores))).precision(CudaTypes.precision(layer)));
        return Offer.of(tactics);
    }

    private static KernelCall call(AttentionProblem p, boolean tensorCores) {
        SourceText text = p.text();
        if (tensorCores) {
            text.define("MASK_PAIRS", p.mask() != null && p.mask().dataType() == p.type() && p.maskVectors(2) ? 1 : 0)
                    .line("%s", Prelude.TENSOR_CORES + Prelude.resource("attention.cu"));
        } else {
            text.line("%s", Prelude.resource("attention_rows.cu"));
        }
        int shared = (int) (5 * BLOCK * (p.size() + 8) * p.type().bytes());
        if (tensorCores && shared > SHARED_LIMIT) {
            throw new IllegalArgumentException("attention needs " + shared + " bytes of shared memory");
        }
        return new KernelCall("attention", text.toString(), Sizes.ceilDiv(p.queries(), BLOCK) * p.heads() * p.batch(), 1, 1,
                tensorCores ? 32 * WARPS : BLOCK, tensorCores ? shared : 0, p.arguments());
    }
}
