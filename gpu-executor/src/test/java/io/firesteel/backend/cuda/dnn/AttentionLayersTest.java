package io.firesteel.backend.cuda.dnn;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.op.Fused;
import io.firesteel.plan.Precision;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("gpu")
class AttentionLayersTest {

    private static final AttentionLayers FAMILY = new AttentionLayers();

    @Test
    void attends() {
        DeviceLayerCheck.of(new Fused.MultiHeadAttention(4, 0.125f, false)).variable(2, 128, 256).variable(2, 128, 256)
                .variable(2, 128, 256).check(FAMILY);
        DeviceLayerCheck.of(new Fused.MultiHeadAttention(4, 0.25f, false)).variable(2, 64, 256).variable(2, 200, 256)
                .variable(2, 200, 256).check(FAMILY);
    }

    @Test
    void attendsPacked() {
        DeviceLayerCheck.of(new Fused.MultiHeadAttention(12, 0.125f, true)).variable(2, 197, 3 * 768).check(FAMILY);
        DeviceLayerCheck.of(new Fused.MultiHeadAttention(2, 0.3f, true)).precision(Precision.BF16, 2e-2).variable(3, 40, 192)
                .check(FAMILY);
    }

    @Test
    void refusesMasks() {
        assertThat(FAMILY.offer(DeviceLayerCheck.of(new Fused.MultiHeadAttention(4, 0.125f, true)).variable(2, 128, 768).absent().absent()
                .variable(1, 1, 128, 128).layer(), DeviceLayerCheck.context()).reason()).contains("without a mask");
    }
}
