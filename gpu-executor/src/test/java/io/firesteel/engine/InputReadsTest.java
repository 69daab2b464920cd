package io.firesteel.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.backend.TensorLayout;
import io.firesteel.lowering.Operand;
import io.firesteel.lowering.Program;
import io.firesteel.lowering.Step;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class InputReadsTest {

    private static final TensorLayout EIGHT = TensorLayout.linear(TensorType.of(DataType.FLOAT32, 8));

    private static Operand.InArena at(long offset) {
        return new Operand.InArena(offset, EIGHT);
    }

    private static Step step(long from, long to) {
        return new Step.Reorder("x", null, at(from), at(to));
    }

    private static InputReads reads(List<Operand> outputs, Step... steps) {
        return new InputReads(new Program(null, List.of(steps), List.of(at(64), at(0)), outputs, 256, 256, 0));
    }

    @Test
    void anInputIsReadElsewhereUntilItsPlaceIsWritten() {
        InputReads reads = reads(List.of(at(128)), step(64, 128), step(80, 192), step(128, 64), step(64, 128));
        long[] moved = {4096, 0};
        assertThat(reads.isMovable(0)).isTrue();
        assertThat(reads.address(0, 0, 64, moved)).isEqualTo(4096);
        assertThat(reads.address(1, 0, 80, moved)).isEqualTo(4096 + 16);
        assertThat(reads.address(2, 0, 128, moved)).isEqualTo(128);
        assertThat(reads.address(3, 0, 64, moved)).isEqualTo(64);
        assertThat(reads.address(0, 0, 64, new long[2])).isEqualTo(64);
    }

    @Test
    void inputsThatAreOverwrittenWhereTheyAreReadOrAreResultsStay() {
        assertThat(reads(List.of(at(128)), step(64, 64), step(64, 128)).isMovable(0)).isFalse();
        assertThat(reads(List.of(at(64)), step(0, 128)).isMovable(0)).isFalse();
        assertThat(reads(List.of(at(64)), step(0, 128)).isMovable(1)).isTrue();
        assertThat(reads(List.of(at(128)), new Step.Host(null, List.of(at(64)), List.of(at(128)), "")).isMovable(0)).isFalse();
    }
}
