package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Layer;
import io.firesteel.op.NormalizedConvolution;
import java.util.List;

/**
 * What a kernel does to the elements of an image as it reads them: a factor and an offset for each channel. Zeros around the
 * image are added after that.
 *
 * @param factors one for each channel, or none
 * @param offsets one for each channel, or none
 */
record Normalization(List<Float> factors, List<Float> offsets) {

    static final Normalization NONE = new Normalization(List.of(), List.of());

    /** That of a layer's first input. */
    static Normalization of(Layer layer) {
        return layer.operator() instanceof NormalizedConvolution op ? new Normalization(op.factors(), op.offsets()) : NONE;
    }

    /** Device code of {@code normalized(x, channel)}. */
    String source() {
        StringBuilder value = new StringBuilder();
        for (int c = 0; c < factors.size(); c++) {
            boolean last = c + 1 == factors.size();
            value.append(last ? "" : "c == " + c + " ? ").append("fmaf(x, ").append(factors.get(c)).append("f, ")
                    .append(offsets.get(c)).append("f)").append(last ? "" : " : ");
        }
        return "__device__ __forceinline__ float normalized(float x, int c) { return "
                + (factors.isEmpty() ? "x" : value) + "; }\n";
    }
}
