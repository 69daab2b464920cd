package io.firesteel.calibration.sensitivity;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ValidationRowTest {

    @Test
    void isTheSameAfterItWasBytes() {
        ValidationRow scores = new ValidationRow(new byte[] {1, -2, 3}, 1L << 40, 7,
                new Prediction(new float[] {-1.5f, Float.NEGATIVE_INFINITY, Float.MIN_VALUE}, false));
        assertThat(ValidationRow.fromBytes(scores.toBytes())).usingRecursiveComparison().isEqualTo(scores);
        ValidationRow ranked = new ValidationRow(new byte[0], 0, 1, new Prediction(new float[] {4, 2}, true));
        assertThat(ValidationRow.fromBytes(ranked.toBytes())).usingRecursiveComparison().isEqualTo(ranked);
    }
}
