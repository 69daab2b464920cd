package io.firesteel.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class BucketsTest {

    private static final List<Integer> SIZES = List.of(1, 8, 32, 128);

    @Test
    void aBucketIsPaddedOnlyWhenMoreThanHalfOfItIsFilled() {
        assertThat(Buckets.next(SIZES, 1)).isEqualTo(1);
        assertThat(Buckets.next(SIZES, 4)).isEqualTo(1);
        assertThat(Buckets.next(SIZES, 5)).isEqualTo(8);
        assertThat(Buckets.next(SIZES, 16)).isEqualTo(8);
        assertThat(Buckets.next(SIZES, 17)).isEqualTo(32);
        assertThat(Buckets.next(SIZES, 128)).isEqualTo(128);
        assertThat(Buckets.next(SIZES, 5000)).isEqualTo(128);
    }

    @Test
    void oneBucketServesAll() {
        assertThat(Buckets.next(List.of(16), 1)).isEqualTo(16);
    }
}
