package io.firesteel.pass.pattern;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Mathematics;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestNetwork;
import io.firesteel.tensor.Tensor;
import org.junit.jupiter.api.Test;

class RecognizeGeluTest {

    private final TestNetwork net = new TestNetwork();
    private final String x = net.input("x", "N", 3);

    @Test
    void recognisesTheErrorFunction() {
        fires(false, mul(mul(x, erf(Math.sqrt(2), 1)), net.filled(0.5)));
    }

    @Test
    void recognisesTheHalfInsideAndAProductForTheQuotient() {
        String argument = mul(net.filled(1 / Math.sqrt(2)), x);
        String curve = net.add(new Arithmetic.Add(), net.filled(1), net.add(new Mathematics.Erf(), argument));
        fires(false, mul(x, mul(net.filled(0.5, 1), curve)));
    }

    @Test
    void recognisesTheTanhApproximation() {
        fires(true, mul(mul(net.filled(0.5), x), tanh(net.add(new Arithmetic.Pow(), x, net.filled(3)), 0.044715)));
    }

    @Test
    void recognisesACubeOfProducts() {
        fires(true, mul(mul(net.filled(0.5), x), tanh(mul(mul(x, x), x), 0.044715)));
    }

    @Test
    void recognisesAnIntegerExponent() {
        fires(true, mul(mul(net.filled(0.5), x), tanh(net.add(new Arithmetic.Pow(), x, net.constant(Tensor.vector(3))), 0.044715)));
    }

    @Test
    void leavesOtherConstants() {
        leaves(mul(mul(x, erf(1.5, 1)), net.filled(0.5)), mul(mul(x, erf(Math.sqrt(2), 2)), net.filled(0.5)),
                mul(mul(x, erf(Math.sqrt(2), 1)), net.filled(0.6)), mul(x, erf(Math.sqrt(2), 1)),
                mul(mul(net.filled(0.5), x), tanh(net.add(new Arithmetic.Pow(), x, net.filled(3)), 0.05)),
                mul(mul(net.filled(0.5), x), tanh(net.add(new Arithmetic.Pow(), x, net.filled(2)), 0.044715)));
    }

    @Test
    void leavesAnotherFactorAndABroadcast() {
        String y = net.input("y", "N", 3);
        leaves(mul(mul(y, erf(Math.sqrt(2), 1)), net.filled(0.5)), mul(mul(x, erf(Math.sqrt(2), 1)), net.filled(0.5, 1, 1, 1)));
    }

    @Test
    void leavesAProductWithOtherReaders() {
        String product = mul(x, erf(Math.sqrt(2), 1));
        leaves(mul(product, net.filled(0.5)), product);
    }

    private String mul(String a, String b) {
        return net.add(new Arithmetic.Mul(), a, b);
    }

    private String erf(double divisor, double one) {
        String argument = net.add(new Arithmetic.Div(), x, net.filled(divisor));
        return net.add(new Arithmetic.Add(), net.add(new Mathematics.Erf(), argument), net.filled(one));
    }

    private String tanh(String cube, double factor) {
        String inner = net.add(new Arithmetic.Add(), x, mul(cube, net.filled(factor)));
        return net.add(new Arithmetic.Add(), net.filled(1), net.add(new Activations.Tanh(), mul(inner, net.filled(Math.sqrt(2 / Math.PI)))));
    }

    private void fires(boolean tanh, String y) {
        Graph after = Rewrites.fire(net.show(y), new RecognizeGelu());
        assertThat(Rewrites.operators(after)).containsExactly("Gelu");
        assertThat(Rewrites.only(after, Activations.Gelu.class).tanh()).isEqualTo(tanh);
    }

    private void leaves(String... shown) {
        Rewrites.leave(net.show(shown), new RecognizeGelu());
    }
}
