package io.firesteel.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Fused;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Operands of pointwise chains that are broadcast along any of their axes, in every format. */
class BroadcastOperandsTest {

    private static final PointwiseProgram FIRST = program(op(new Arithmetic.Sub(), 1, 0));
    private static final PointwiseProgram AFTER_BINARY = program(op(new Arithmetic.Mul(), 0, 0), op(new Arithmetic.Add(), 2, 1));
    private static final PointwiseProgram AFTER_UNARY = program(op(new Activations.Tanh(), 0), op(new Arithmetic.Mul(), 2, 1));

    private static PointwiseProgram.Instruction op(PointwiseOperator operator, Integer... operands) {
        return new PointwiseProgram.Instruction(operator, List.of(operands));
    }

    private static PointwiseProgram program(PointwiseProgram.Instruction... instructions) {
        return new PointwiseProgram(2, List.of(instructions));
    }

    /** The sizes with 1 for each axis whose bit is set. */
    private static long[] broadcast(long[] sizes, int axes) {
        return IntStream.range(0, sizes.length).mapToLong(i -> (axes >> i & 1) == 1 ? 1 : sizes[i]).toArray();
    }

    @ParameterizedTest
    @ValueSource(longs = {3, 16, 19})
    void areReadAlongTheAxesTheyHave(long channels) {
        int computed = 0;
        for (long[] sizes : List.of(new long[] {2, channels, 8}, new long[] {2, channels, 5, 8}, new long[] {1, channels, 3, 4, 6})) {
            for (PointwiseProgram program : List.of(FIRST, AFTER_BINARY, AFTER_UNARY)) {
                for (int axes = 0; axes < 1 << sizes.length; axes++) {
                    LayerCheck check = LayerCheck.of(new Fused.PointwiseChain(program)).variable(sizes).constant(broadcast(sizes, axes));
                    if (check.refused().isEmpty()) {
                        check.check();
                        computed++;
                    }
                }
            }
        }
        assertThat(computed).isGreaterThan(100);
    }
}
