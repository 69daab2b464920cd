package io.firesteel.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.TensorType;
import org.junit.jupiter.api.Test;

class TensorLayoutTest {

    private static TensorLayout layout(TensorFormat format, long... sizes) {
        return TensorLayout.of(TensorType.of(DataType.FLOAT32, sizes), format);
    }

    @Test
    void stridesFollowTheFormat() {
        assertThat(layout(TensorFormat.LINEAR, 2, 20, 5, 7).strides()).containsExactly(700, 35, 7, 1);
        assertThat(layout(TensorFormat.HWC, 2, 20, 5, 7).strides()).containsExactly(700, 1, 140, 20);
        assertThat(layout(TensorFormat.CHW16, 2, 20, 5, 7).strides()).containsExactly(2 * 35 * 16, 35 * 16, 7 * 16, 16);
    }

    @Test
    void blockedChannelsArePadded() {
        assertThat(layout(TensorFormat.CHW16, 2, 20, 5, 7).bytes()).isEqualTo(4L * 2 * 32 * 35);
        assertThat(layout(TensorFormat.CHW8, 2, 20, 5, 7).bytes()).isEqualTo(4L * 2 * 24 * 35);
        assertThat(layout(TensorFormat.LINEAR, 2, 20, 5, 7).bytes()).isEqualTo(4L * 2 * 20 * 35);
    }

    @Test
    void slicesHaveTheStridesOfTheWhole() {
        assertThat(layout(TensorFormat.LINEAR, 2, 8, 5, 7).within(20).strides()).containsExactly(700, 35, 7, 1);
        assertThat(layout(TensorFormat.HWC, 2, 8, 5, 7).within(20).strides()).containsExactly(700, 1, 140, 20);
        assertThat(layout(TensorFormat.CHW16, 2, 16, 5, 7).within(64).strides()).containsExactly(4 * 35 * 16, 35 * 16, 7 * 16, 16);
        assertThat(layout(TensorFormat.CHW16, 2, 16, 5, 7).within(64).sliceOffset(32)).isEqualTo(2 * 35 * 16 * 4);
        assertThat(layout(TensorFormat.LINEAR, 2, 8, 5, 7).within(20).sliceOffset(12)).isEqualTo(12 * 35 * 4);
        assertThat(layout(TensorFormat.HWC, 2, 8, 5, 7).within(20).sliceOffset(12)).isEqualTo(12 * 4);
        assertThatThrownBy(() -> layout(TensorFormat.CHW16, 2, 16, 5, 7).within(64).sliceOffset(8))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void formatsThatOrderElementsAlikeAreTheSameMemory() {
        assertThat(layout(TensorFormat.CHW16, 2, 32, 1, 1).sameMemory(layout(TensorFormat.LINEAR, 2, 32, 1, 1))).isTrue();
        assertThat(layout(TensorFormat.CHW16, 2, 20, 1, 1).sameMemory(layout(TensorFormat.LINEAR, 2, 20, 1, 1))).isFalse();
        assertThat(layout(TensorFormat.HWC, 2, 20, 1, 1).sameMemory(layout(TensorFormat.LINEAR, 2, 20, 1, 1))).isTrue();
        assertThat(layout(TensorFormat.HWC, 2, 1, 5, 7).sameMemory(layout(TensorFormat.LINEAR, 2, 1, 5, 7))).isTrue();
        assertThat(layout(TensorFormat.HWC, 2, 3, 5, 7).sameMemory(layout(TensorFormat.LINEAR, 2, 3, 5, 7))).isFalse();
        assertThat(layout(TensorFormat.CHW16, 2, 16, 5, 7).sameMemory(layout(TensorFormat.CHW16, 2, 16, 5, 7).within(32))).isFalse();
        assertThat(layout(TensorFormat.LINEAR, 2, 3).sameMemory(layout(TensorFormat.LINEAR, 2, 3).withDataType(DataType.BFLOAT16)))
                .isFalse();
    }

    @Test
    void channelFormatsNeedSpatialAxes() {
        assertThatThrownBy(() -> layout(TensorFormat.HWC, 2, 3)).isInstanceOf(IllegalArgumentException.class);
    }
}
