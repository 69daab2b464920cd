package io.firesteel.pass.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.Fused;
import io.firesteel.op.Logic;
import io.firesteel.op.Movement;
import io.firesteel.op.Selection;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestNetwork;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class NarrowAttentionMaskTest {

    private final TestNetwork net = new TestNetwork();

    @Test
    void takesOutWhatIsAlwaysTrue() {
        Graph after = Rewrites.fire(attention(where(net.add(new Logic.And(), rows(true), keys()))), new NarrowAttentionMask());
        assertThat(Rewrites.operators(after)).containsExactly("Where", "MultiHeadAttention");
    }

    @Test
    void takesOutExpansions() {
        String mask = net.add(new Movement.Expand(List.of(1L, 1L, 4L, 4L)), net.input("mask", "N", 1, 1, 4));
        Graph after = Rewrites.fire(attention(mask), new NarrowAttentionMask());
        assertThat(Rewrites.operators(after)).containsExactly("MultiHeadAttention");
    }

    @Test
    void leavesConditionsOfBothAxes() {
        Rewrites.leave(attention(where(net.add(new Logic.And(), keys(), rows(false)))), new NarrowAttentionMask());
    }

    @Test
    void leavesChoicesOfValuesThatDiffer() {
        String choice = net.add(new Selection.Where(), net.add(new Logic.And(), rows(true), keys()), net.random(4, 1), net.filled(0));
        Rewrites.leave(attention(choice), new NarrowAttentionMask());
    }

    private String keys() {
        return net.input(DataType.BOOL, "keys", "N", 1, 1, 4);
    }

    private String rows(boolean all) {
        Tensor tensor = Tensor.zeros(DataType.BOOL, 1, 1, 4, 1);
        for (int i = 0; i < 4; i++) {
            tensor.setLong(i, all || i != 2 ? 1 : 0);
        }
        return net.constant(tensor);
    }

    private String where(String condition) {
        return net.add(new Selection.Where(), condition, net.filled(0), net.filled(-9));
    }

    private Graph attention(String mask) {
        return net.show(net.add(new Fused.MultiHeadAttention(2, 0.5f, true), net.input("x", "N", 4, 12), "", "", mask));
    }
}
