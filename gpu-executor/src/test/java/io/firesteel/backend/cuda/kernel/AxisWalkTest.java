package io.firesteel.backend.cuda.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AxisWalkTest {

    @Test
    void contiguousOperandsBecomeOneAxis() {
        AxisWalk walk = AxisWalk.of(new long[] {2, 3, 4}, new long[] {12, 4, 1}, new long[] {12, 4, 1});
        assertThat(walk.sizes()).containsExactly(24);
        assertThat(walk.vector(8)).isEqualTo(8);
    }

    @Test
    void axesFollowTheFirstOperandsOrder() {
        AxisWalk walk = AxisWalk.of(new long[] {2, 3, 4}, new long[] {12, 1, 3}, new long[] {12, 4, 1});
        assertThat(walk.sizes()).containsExactly(2, 4, 3);
        assertThat(walk.strides()[1]).containsExactly(12, 1, 4);
        assertThat(walk.vector(8)).isEqualTo(1);
    }

    @Test
    void broadcastAxesStayApart() {
        AxisWalk walk = AxisWalk.of(new long[] {2, 3, 4}, new long[] {12, 4, 1}, new long[] {0, 1, 0});
        assertThat(walk.sizes()).containsExactly(2, 3, 4);
    }

    @Test
    void aVectorNeedsEveryOuterStrideToBeAMultiple() {
        AxisWalk slice = AxisWalk.of(new long[] {5, 8}, new long[] {8, 1}, new long[] {10, 1});
        assertThat(slice.vector(8)).isEqualTo(2);
    }

    @Test
    void scalarsHaveOneElement() {
        AxisWalk walk = AxisWalk.of(new long[0], new long[0]);
        assertThat(walk.elements()).isEqualTo(1);
        assertThat(walk.vector(8)).isEqualTo(1);
    }
}
