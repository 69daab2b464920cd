package io.firesteel.pass.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Fused;
import io.firesteel.op.Indexing;
import io.firesteel.op.Mathematics;
import io.firesteel.op.MatMul;
import io.firesteel.op.Movement;
import io.firesteel.op.Reshaping;
import io.firesteel.op.Selection;
import io.firesteel.op.Softmaxes;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestNetwork;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class FuseAttentionTest {

    private final TestNetwork net = new TestNetwork();
    private final String q = heads(net.input("q", "N", "S", 12), 0L, 2L, 1L, 3L);
    private final String k = heads(net.input("k", "N", "S", 12), 0L, 2L, 3L, 1L);
    private final String v = heads(net.input("v", "N", "S", 12), 0L, 2L, 1L, 3L);

    @Test
    void fusesScaleAndMask() {
        String scores = net.add(new Arithmetic.Div(), net.add(new MatMul(), q, k), net.filled(2));
        Graph after = fires(net.add(new Arithmetic.Add(), net.input("mask", "N", 1, 1, "S"), scores));
        assertThat(Rewrites.only(after, Fused.MultiHeadAttention.class)).isEqualTo(new Fused.MultiHeadAttention(3, 0.5f, false));
    }

    @Test
    void fusesTheScaleOfTheOperands() {
        String scaled = net.add(new Arithmetic.Mul(), q, net.filled(0.25));
        Graph after = fires(net.add(new MatMul(), scaled, net.add(new Arithmetic.Mul(), net.filled(2), k)));
        assertThat(Rewrites.only(after, Fused.MultiHeadAttention.class).scale()).isEqualTo(0.5f);
    }

    @Test
    void fusesTheGuardAgainstQueriesWithoutKeys() {
        String masked = net.add(new Arithmetic.Add(), net.add(new MatMul(), q, k), net.input("mask", "N", 1, "S", "S"));
        String weights = net.add(new Softmaxes.Softmax(-1), masked);
        String guarded = net.add(new Selection.Where(), net.add(new Mathematics.IsNaN(), weights), net.filled(0), weights);
        Graph after = Rewrites.fire(net.show(net.add(new MatMul(), guarded, v)), new FuseAttention(), new SimplifyViews());
        assertThat(Rewrites.only(after, Fused.MultiHeadAttention.class)).isEqualTo(new Fused.MultiHeadAttention(3, 1, false, true));
        assertThat(Rewrites.operators(after)).doesNotContain("Softmax", "MatMul", "IsNaN", "Where");
    }

    @Test
    void leavesAnotherValueForQueriesWithoutKeys() {
        String weights = net.add(new Softmaxes.Softmax(-1), net.add(new MatMul(), q, k));
        String guarded = net.add(new Selection.Where(), net.add(new Mathematics.IsNaN(), weights), net.filled(1), weights);
        Rewrites.leave(net.show(net.add(new MatMul(), guarded, v)), new FuseAttention());
    }

    @Test
    void readsPackedOperands() {
        TestNetwork packed = new TestNetwork();
        String x = packed.input("x", "N", "S", 36);
        String five = packed.add(new Reshaping.Reshape(List.of(0L, 0L, 3L, 3L, 4L), false), x);
        String turned = packed.add(new Movement.Transpose(List.of(2L, 0L, 3L, 1L, 4L)), five);
        String[] parts = new String[3];
        for (int i = 0; i < 3; i++) {
            parts[i] = packed.add(new Indexing.Gather(0), turned, packed.constant(Tensor.scalar(DataType.INT64, i)));
        }
        String keys = packed.add(new Movement.Transpose(List.of(0L, 1L, 3L, 2L)), parts[1]);
        String weights = packed.add(new Softmaxes.Softmax(-1), packed.add(new MatMul(), parts[0], keys));
        Graph after = Rewrites.fire(packed.show(packed.add(new MatMul(), weights, parts[2])), new FuseAttention());
        assertThat(Rewrites.only(after, Fused.MultiHeadAttention.class).packed()).isTrue();
    }

    @Test
    void leavesAnotherAxisOfSoftmax() {
        Rewrites.leave(net.show(net.add(new MatMul(), net.add(new Softmaxes.Softmax(2), net.add(new MatMul(), q, k)), v)),
                new FuseAttention());
    }

    @Test
    void leavesWeightsThatOthersRead() {
        String weights = net.add(new Softmaxes.Softmax(3), net.add(new MatMul(), q, k));
        Rewrites.leave(net.show(net.add(new MatMul(), weights, v), weights), new FuseAttention());
    }

    @Test
    void leavesKeysThatAreNotTransposed() {
        TestNetwork square = new TestNetwork();
        String a = square.add(new Reshaping.Reshape(List.of(0L, 3L, 4L, 4L), false), square.input("a", "N", 12, 4));
        String weights = square.add(new Softmaxes.Softmax(-1), square.add(new MatMul(), a, a));
        Rewrites.leave(square.show(square.add(new MatMul(), weights, a)), new FuseAttention());
    }

    @Test
    void leavesMasksThatBroadcastTheScoresUp() {
        TestNetwork one = new TestNetwork();
        String[] parts = new String[3];
        for (int i = 0; i < 3; i++) {
            String cut = one.add(new Reshaping.Reshape(List.of(0L, 0L, 3L, 4L), false), one.input("x" + i, 1, 5, 12));
            parts[i] = one.add(new Movement.Transpose(i == 1 ? List.of(0L, 2L, 3L, 1L) : List.of(0L, 2L, 1L, 3L)), cut);
        }
        String scores = one.add(new Arithmetic.Add(), one.add(new MatMul(), parts[0], parts[1]), one.input("mask", 2, 1, 5, 5));
        Rewrites.leave(one.show(one.add(new MatMul(), one.add(new Softmaxes.Softmax(-1), scores), parts[2])), new FuseAttention());
    }

    private String heads(String value, Long... perm) {
        return net.add(new Movement.Transpose(List.of(perm)), net.add(new Reshaping.Reshape(List.of(0L, 0L, 3L, 4L), false), value));
    }

    private Graph fires(String scores) {
        String y = net.add(new MatMul(), net.add(new Softmaxes.Softmax(-1), scores), v);
        Graph after = Rewrites.fire(net.show(y), new FuseAttention(), new SimplifyViews());
        assertThat(Rewrites.operators(after)).doesNotContain("Softmax", "MatMul");
        return after;
    }
}
