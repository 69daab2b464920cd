package io.firesteel.pass.simplify;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.op.Arithmetic;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestNetwork;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import org.junit.jupiter.api.Test;

class ReplaceDivisionByProductTest {

    private final TestNetwork net = new TestNetwork();
    private final String x = net.input("x", "N", 3);

    @Test
    void multipliesByReciprocals() {
        assertThat(Rewrites.operators(Rewrites.fire(net.show(div(x, net.filled(3)), div(x, net.positive(3))),
                new ReplaceDivisionByProduct()))).containsExactly("Mul", "Mul");
    }

    @Test
    void leavesDivisorsWithoutANormalReciprocal() {
        Rewrites.leave(net.show(div(x, net.filled(0)), div(x, net.filled(1e-40)), div(x, net.filled(3e38)),
                div(x, net.filled(Double.NaN)), div(x, net.filled(Double.POSITIVE_INFINITY))), new ReplaceDivisionByProduct());
    }

    @Test
    void leavesConstantDividendsVariablesAndOtherTypes() {
        String i = net.input(DataType.INT64, "i", "N");
        String h = net.input(DataType.FLOAT16, "h", "N");
        Rewrites.leave(net.show(div(net.filled(1), x), div(x, x), net.add(new Arithmetic.Div(), i, net.vector(2)),
                div(h, net.constant(Tensor.scalar(DataType.FLOAT16, 3)))), new ReplaceDivisionByProduct());
    }

    private String div(String a, String b) {
        return net.add(new Arithmetic.Div(), a, b);
    }
}
