package io.firesteel.pass.pattern;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Mathematics;
import io.firesteel.op.Normalizations;
import io.firesteel.op.Operator;
import io.firesteel.op.Reductions;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.Rule;
import io.firesteel.pass.TestNetwork;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class RecognizeNormalizationTest {

    private static final Rule[] RULES = {new RecognizeRmsNormalization(), new RecognizeLayerNormalization(),
            new FoldAffineIntoNormalization()};
    private final TestNetwork net = new TestNetwork();
    private final String x = net.input("x", "N", "S", 2, 4);

    @Test
    void recognisesLayerNormalization() {
        String normal = divided(centered(-1), -1);
        String y = net.add(new Arithmetic.Add(), net.add(new Arithmetic.Mul(), normal, net.random(4)), net.random(1, 4));
        Graph after = Rewrites.fire(net.show(y), RULES);
        assertThat(Rewrites.operators(after)).containsExactly("LayerNormalization");
        assertThat(after.nodes().get(0).inputs()).hasSize(3);
    }

    @Test
    void recognisesSeveralAxes() {
        Graph after = Rewrites.fire(net.show(net.add(new Arithmetic.Mul(), net.random(2, 4), divided(centered(2, 3), -1, -2))), RULES);
        assertThat(Rewrites.operators(after)).containsExactly("LayerNormalization");
        assertThat(Rewrites.only(after, Normalizations.LayerNormalization.class).axis()).isEqualTo(2);
    }

    @Test
    void recognisesTheRootMeanSquare() {
        String inverse = net.add(new Mathematics.Reciprocal(), root(net.add(new Arithmetic.Mul(), x, x), 3));
        String y = net.add(new Arithmetic.Mul(), net.random(4), net.add(new Arithmetic.Mul(), x, inverse));
        Graph after = Rewrites.fire(net.show(y), RULES);
        assertThat(Rewrites.operators(after)).containsExactly("RMSNormalization");
    }

    @Test
    void recognisesAQuotientForTheReciprocal() {
        String inverse = net.add(new Arithmetic.Div(), net.filled(1), root(net.add(new Arithmetic.Pow(), x, net.filled(2)), 3));
        Graph after = Rewrites.fire(net.show(net.add(new Arithmetic.Mul(), inverse, x)), RULES);
        assertThat(Rewrites.operators(after)).containsExactly("RMSNormalization");
    }

    @Test
    void leavesOtherAxesPowersAndTypes() {
        Rewrites.leave(net.show(divided(x, 2), divided(x, 1, 3),
                net.add(new Arithmetic.Div(), x, root(net.add(new Arithmetic.Pow(), x, net.filled(3)), 3)),
                net.add(new Arithmetic.Div(), net.input("y", "N", "S", 2, 4), root(net.add(new Arithmetic.Pow(), x, net.filled(2)), 3)),
                net.add(new Arithmetic.Div(), root(net.add(new Arithmetic.Pow(), x, net.filled(2)), 3), x)), new RecognizeRmsNormalization());
    }

    @Test
    void leavesAxesOfUnknownSize() {
        String z = net.input("z", 3, "S");
        String square = net.add(new Arithmetic.Mul(), z, z);
        Rewrites.leave(net.show(net.add(new Arithmetic.Div(), z, root(square, 1))), new RecognizeRmsNormalization());
    }

    @Test
    void leavesMeansOverOtherAxes() {
        Operator normalization = new Normalizations.RMSNormalization(3, 1e-5f);
        Rewrites.leave(net.show(net.add(normalization, centered(2), net.random(4)), net.add(normalization, centered(2, 3), net.random(4)),
                net.add(normalization, net.add(new Arithmetic.Sub(), x, net.random(4)), net.random(4))), new RecognizeLayerNormalization());
    }

    @Test
    void leavesFactorsOfOtherShapes() {
        Operator normalization = new Normalizations.LayerNormalization(3, 1e-5f);
        String shown = net.add(normalization, x, net.random(4));
        String shifted = net.add(normalization, x, net.random(4), net.random(4));
        Rewrites.leave(net.show(net.add(new Arithmetic.Mul(), net.add(normalization, x, net.random(4)), net.random(2, 4)), shown,
                net.add(new Arithmetic.Mul(), net.add(normalization, x, net.random(4)), net.random(2, 1)),
                net.add(new Arithmetic.Add(), shown, net.random(4)), net.add(new Arithmetic.Mul(), shifted, net.random(4)),
                net.add(new Arithmetic.Add(), net.add(new Normalizations.RMSNormalization(3, 1e-5f), x, net.random(4)), net.random(4))),
                new FoldAffineIntoNormalization());
    }

    private String mean(String value, long... axes) {
        return net.add(new Reductions.ReduceMean(Arrays.stream(axes).boxed().toList(), true, false), value);
    }

    private String centered(long... axes) {
        return net.add(new Arithmetic.Sub(), x, mean(x, axes));
    }

    private String root(String square, long... axes) {
        return net.add(new Mathematics.Sqrt(), net.add(new Arithmetic.Add(), mean(square, axes), net.filled(1e-3)));
    }

    private String divided(String value, long... axes) {
        return net.add(new Arithmetic.Div(), value, root(net.add(new Arithmetic.Pow(), value, net.filled(2)), axes));
    }
}
