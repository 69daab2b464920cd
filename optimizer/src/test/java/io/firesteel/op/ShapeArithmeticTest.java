package io.firesteel.op;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.GraphBuilder;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ShapeArithmeticTest {

    private static final Dim N = Dim.symbol("N");

    private static Optional<List<Dim>> infer(Operator operator, Object... inputs) {
        return operator.inferShapeValue(new ShapeValueContext(List.of(inputs)));
    }

    private static List<Dim> dims(Object... sizes) {
        return java.util.Arrays.stream(sizes).map(s -> s instanceof Dim d ? d : Dim.of((Integer) s)).toList();
    }

    @Test
    void symbolsFollowArithmetic() {
        assertThat(infer(new Arithmetic.Add(), dims(N, 3), dims(1, 4))).contains(dims(new Dim(1, "N", 1), 7));
        assertThat(infer(new Arithmetic.Sub(), dims(N), dims(N))).contains(dims(0));
        assertThat(infer(new Arithmetic.Mul(), dims(N, 3), dims(2))).contains(dims(new Dim(2, "N", 0), 6));
        assertThat(infer(new Arithmetic.Div(), dims(new Dim(2, "N", 0), 7), dims(2))).contains(dims(N, 3));
        assertThat(infer(new Arithmetic.Mul(), dims(N), dims(N))).isEmpty();
        assertThat(infer(new Mathematics.Neg(), dims(N))).contains(dims(new Dim(-1, "N", 0)));
        assertThat(infer(new Conversions.Cast(DataType.INT32), dims(N, 2))).contains(dims(N, 2));
    }

    @Test
    void aQuotientThatIsNotExactGetsASymbolOfItsOwn() {
        List<Dim> quotient = infer(new Arithmetic.Div(), dims(N, 8), dims(2, 2)).orElseThrow();
        assertThat(quotient.get(0)).isEqualTo(Dim.symbol("quotient0"));
        assertThat(quotient.get(1)).isEqualTo(Dim.of(4));
    }

    @Test
    void comparisonsAreKnownWhereSizesCannotBeNegative() {
        assertThat(infer(new Comparisons.Equal(), dims(N, -1, 3), dims(-1, -1, -1))).contains(dims(0, 1, 0));
        assertThat(infer(new Comparisons.Equal(), dims(N), dims(3))).isEmpty();
        assertThat(infer(new Comparisons.Less(), dims(N), dims(new Dim(1, "N", 1)))).contains(dims(1));
        assertThat(infer(new Comparisons.GreaterOrEqual(), dims(N), dims(0))).contains(dims(1));
        assertThat(infer(new Arithmetic.Max(), dims(N, 5), dims(0, 2))).contains(dims(N, 5));
        assertThat(infer(new Arithmetic.Min(), dims(N, 5), dims(1, 2))).isEmpty();
        assertThat(infer(new Logic.Not(), dims(1, 0))).contains(dims(0, 1));
    }

    @Test
    void whereChoosesDimensions() {
        assertThat(infer(new Selection.Where(), dims(0, 1), dims(1, 1), dims(N, 7))).contains(dims(N, 1));
        assertThat(infer(new Selection.Where(), dims(N), dims(4), dims(4))).contains(dims(4));
        assertThat(infer(new Selection.Where(), dims(N), dims(4), dims(5))).isEmpty();
    }

    @Test
    void wholeNumbersInConstantsCount() {
        GraphBuilder g = new GraphBuilder("test");
        String two = g.constant(Tensor.floats(new long[] {1}, 2));
        String floor = g.add(new Mathematics.Floor(), two);
        String four = g.add(new Conversions.Cast(DataType.INT64), g.add(new Arithmetic.Mul(), floor, two));
        g.output("y", four);
        assertThat(g.build().shapeValue(four)).contains(List.of(Dim.of(4)));
        assertThat(g.type(four)).isEqualTo(TensorType.of(DataType.INT64, 1));
    }
}
