package io.firesteel.lowering;

import io.firesteel.backend.Backend;
import io.firesteel.graph.Node;
import io.firesteel.plan.Precision;
import java.util.Map;

/**
 * The lowest precision that layers may be computed in.
 *
 * @param lowest of most layers
 * @param fp16Overflows the layers whose values fp16 cannot hold, by the name of their node, with the reason
 */
public record PermittedPrecision(Precision lowest, Map<String, String> fp16Overflows) {

    /** What a backend computes a layer in. Where fp16 is too narrow, tf32 has as many digits and the range of fp32. */
    Precision of(Node node, Backend backend) {
        Precision computed = backend.precision(lowest);
        return computed == Precision.FP16 && fp16Overflows.containsKey(node.name()) ? backend.precision(Precision.TF32) : computed;
    }

    /** Why a layer is not computed in the lowest precision, in one line; null where it is. */
    String reason(Node node, Backend backend) {
        return backend.precision(lowest) == Precision.FP16 ? fp16Overflows.get(node.name()) : null;
    }
}
