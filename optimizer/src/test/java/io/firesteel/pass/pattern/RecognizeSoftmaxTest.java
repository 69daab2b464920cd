package io.firesteel.pass.pattern;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Mathematics;
import io.firesteel.op.Reductions;
import io.firesteel.op.Softmaxes;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestNetwork;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecognizeSoftmaxTest {

    private final TestNetwork net = new TestNetwork();
    private final String x = net.input("x", "N", 3, 4);

    @Test
    void recognises() {
        Graph after = Rewrites.fire(net.show(softmax(-1, 2, true)), new RecognizeSoftmax());
        assertThat(Rewrites.operators(after)).containsExactly("Softmax");
        assertThat(Rewrites.only(after, Softmaxes.Softmax.class).axis()).isEqualTo(2);
    }

    @Test
    void leavesOtherAxesAndSums() {
        String exponential = net.add(new Mathematics.Exp(), x);
        Rewrites.leave(net.show(softmax(1, 2, true), net.add(new Arithmetic.Div(), exponential, sum(x, 2, true)),
                net.add(new Arithmetic.Div(), sum(exponential, 2, true), exponential)), new RecognizeSoftmax());
    }

    @Test
    void leavesSumsWithoutTheirAxis() {
        TestNetwork square = new TestNetwork();
        String z = square.input("z", 4, 4);
        String difference = square.add(new Arithmetic.Sub(), z, square.add(new Reductions.ReduceMax(List.of(1L), true, false), z));
        String e = square.add(new Mathematics.Exp(), difference);
        Rewrites.leave(square.show(square.add(new Arithmetic.Div(), e, square.add(new Reductions.ReduceSum(List.of(1L), false, false), e))),
                new RecognizeSoftmax());
    }

    private String sum(String value, long axis, boolean keep) {
        return net.add(new Reductions.ReduceSum(List.of(axis), keep, false), value);
    }

    private String softmax(long maximumAxis, long sumAxis, boolean keep) {
        String maximum = net.add(new Reductions.ReduceMax(List.of(maximumAxis), true, false), x);
        String e = net.add(new Mathematics.Exp(), net.add(new Arithmetic.Sub(), x, maximum));
        return net.add(new Arithmetic.Div(), e, sum(e, sumAxis, keep));
    }
}
