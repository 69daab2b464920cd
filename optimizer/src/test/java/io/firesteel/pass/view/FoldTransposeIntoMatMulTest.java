package io.firesteel.pass.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.MatMul;
import io.firesteel.op.Movement;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestNetwork;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class FoldTransposeIntoMatMulTest {

    private static final MatMul BOTH_TRANSPOSED = new MatMul(true, true, PointwiseProgram.IDENTITY);
    private final TestNetwork net = new TestNetwork();

    @Test
    void readsBothOperandsTransposed() {
        String a = turn(net.input("a", "N", 4, "S"), 0, 2, 1);
        String b = turn(net.input("b", "N", 3, 4), 0, 2, 1);
        Graph after = Rewrites.fire(net.show(net.add(new MatMul(), a, b, net.random(3))), FoldTransposeIntoMatMul.ofAll());
        assertThat(Rewrites.only(after, MatMul.class)).isEqualTo(BOTH_TRANSPOSED);
        assertThat(after.nodes()).hasSize(1);
    }

    @Test
    void undoesTranspositions() {
        Graph after = Rewrites.fire(net.show(net.add(BOTH_TRANSPOSED, turn(net.input("a", "N", 4), 1, 0), turn(net.random(4, 3), 1, 0))),
                FoldTransposeIntoMatMul.ofAll());
        assertThat(Rewrites.only(after, MatMul.class)).isEqualTo(new MatMul());
    }

    @Test
    void keepsTransposesThatOthersRead() {
        String turned = turn(net.input("a", "N", 4), 1, 0);
        Graph after = Rewrites.fire(net.show(net.add(new MatMul(), turned, net.input("b", "N", 3)), turned),
                FoldTransposeIntoMatMul.ofAll());
        assertThat(Rewrites.operators(after)).containsExactlyInAnyOrder("Transpose", "MatMul");
    }

    @Test
    void readsTiedWeightsWithoutACopy() {
        String weights = net.random(5, 4);
        Graph after = Rewrites.fire(net.show(net.add(new MatMul(), net.input("x", "N", 4), turn(weights, 1, 0))),
                FoldTransposeIntoMatMul.ofWeights());
        assertThat(after.constants()).containsOnlyKeys(weights);
    }

    @Test
    void leavesOtherPermutations() {
        Rewrites.leave(net.show(net.add(new MatMul(), turn(net.input("a", "N", 4, 3), 1, 0, 2), net.random(3, 2)),
                net.add(new MatMul(), turn(net.input("b", 2, 4, 3), 2, 1, 0), net.random(2, 2))), FoldTransposeIntoMatMul.ofAll());
    }

    @Test
    void leavesVariablesWhereOnlyWeightsAreWanted() {
        Rewrites.leave(net.show(net.add(new MatMul(), turn(net.input("a", "N", 4), 1, 0), net.input("b", "N", 3))),
                FoldTransposeIntoMatMul.ofWeights());
    }

    private String turn(String value, long... perm) {
        return net.add(new Movement.Transpose(Arrays.stream(perm).boxed().toList()), value);
    }
}
