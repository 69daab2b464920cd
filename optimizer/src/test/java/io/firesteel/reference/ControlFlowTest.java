package io.firesteel.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.ControlFlow;
import io.firesteel.op.Movement;
import io.firesteel.op.Reshaping;
import io.firesteel.op.Sequences;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ControlFlowTest {

    private static final TensorType ROUND = ControlFlow.scalar(DataType.INT64);
    private static final TensorType CONDITION = ControlFlow.scalar(DataType.BOOL);

    /** Appends the round's number to what is carried, and shows the number. */
    private static Graph appendingBody(TensorType carried) {
        GraphBuilder g = new GraphBuilder("body");
        String round = g.input("round", ROUND);
        String condition = g.input("condition", CONDITION);
        String state = g.input("state", carried);
        String number = g.add(new Reshaping.Unsqueeze(List.of(0L)), round);
        g.output("condition", condition);
        g.output("state", g.add(new Movement.Concat(0), state, number));
        g.output("number", round);
        return g.build();
    }

    @Test
    void loopCarriesValuesThatGrowAndStacksOthers() {
        Graph body = appendingBody(new TensorType(DataType.INT64, Shape.of(Dim.symbol("length"))));
        List<HostValue> results = Evaluate.all(new ControlFlow.Loop(body, 1), 2, Tensor.longs(new long[0], 3), null, Tensor.vector(9));
        assertThat(((Tensor) results.get(0)).toLongs()).containsExactly(9, 0, 1, 2);
        assertThat(((Tensor) results.get(1)).toLongs()).containsExactly(0, 1, 2);
    }

    @Test
    void typesOfGrowingValuesAreNotThoseOfTheFirstRound() {
        Graph body = appendingBody(new TensorType(DataType.INT64, Shape.of(Dim.symbol("length"))));
        GraphBuilder g = new GraphBuilder("g");
        List<String> outputs = g.add(new ControlFlow.Loop(body, 1), 2, g.constant(Tensor.longs(new long[0], 3)), "",
                g.constant(Tensor.vector(9)));
        assertThat(g.tensor(outputs.get(0)).shape().dim(0).isConstant()).isFalse();
        assertThat(g.tensor(outputs.get(1)).shape()).isEqualTo(Shape.of(3));
    }

    @Test
    void loopWithoutRoundsGivesTheInitialValues() {
        Graph body = appendingBody(new TensorType(DataType.INT64, Shape.of(Dim.symbol("length"))));
        List<HostValue> results = Evaluate.all(new ControlFlow.Loop(body, 1), 2, Tensor.longs(new long[0], 5),
                Tensor.scalar(DataType.BOOL, 0), Tensor.vector(9));
        assertThat(((Tensor) results.get(0)).toLongs()).containsExactly(9);
        assertThat(((Tensor) results.get(1)).sizes()).containsExactly(0);
    }

    @Test
    void endlessLoopIsRefused() {
        Graph body = appendingBody(new TensorType(DataType.INT64, Shape.of(Dim.symbol("length"))));
        assertThatThrownBy(() -> Evaluate.all(new ControlFlow.Loop(body, 1), 2, null, Tensor.scalar(DataType.BOOL, 1), Tensor.vector(9)))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("never ends");
    }

    @Test
    void scanReadsBackwardAndStacksAlongAnyAxis() {
        GraphBuilder g = new GraphBuilder("body");
        TensorType pair = TensorType.of(DataType.INT64, 2);
        String state = g.input("state", pair);
        String element = g.input("element", pair);
        g.output("state", element);
        g.output("previous", g.add(new Reshaping.Flatten(0), state));
        Tensor x = Tensor.longs(new long[] {2, 3}, 0, 1, 2, 10, 11, 12);
        List<HostValue> results = Evaluate.all(new ControlFlow.Scan(g.build(), 1, List.of(1L), List.of(1L), List.of(-1L), List.of(0L)),
                2, Tensor.vector(7, 8), x);
        assertThat(((Tensor) results.get(0)).toLongs()).containsExactly(0, 10);
        assertThat(((Tensor) results.get(1)).sizes()).containsExactly(1, 2, 3);
        assertThat(((Tensor) results.get(1)).toLongs()).containsExactly(7, 2, 1, 8, 12, 11);
    }

    @Test
    void conditionalJoinsTheTypesOfItsBranches() {
        GraphBuilder a = new GraphBuilder("then");
        a.output("y", a.add(new Movement.Concat(0), a.input("x", TensorType.of(DataType.INT64, 2)), a.constant(Tensor.vector(5))));
        GraphBuilder b = new GraphBuilder("else");
        b.output("y", b.input("x", TensorType.of(DataType.INT64, 2)));
        ControlFlow.If operator = new ControlFlow.If(a.build(), b.build(), List.of(1L), List.of(1L));
        assertThat(Evaluate.one(operator, Tensor.scalar(DataType.BOOL, 1), Tensor.vector(1, 2)).toLongs()).containsExactly(1, 2, 5);
        assertThat(Evaluate.one(operator, Tensor.scalar(DataType.BOOL, 0), Tensor.vector(1, 2)).toLongs()).containsExactly(1, 2);
    }

    @Test
    void bodyTypesFollowTheSymbolsGiven() {
        GraphBuilder body = new GraphBuilder("body");
        body.output("y", body.add(new Movement.Concat(0), body.input("a", new TensorType(DataType.INT64, Shape.of(Dim.symbol("N")))),
                body.constant(Tensor.vector(5))));
        GraphBuilder g = new GraphBuilder("g");
        String x = g.input("x", TensorType.of(DataType.INT64, 4));
        String y = g.add(new ControlFlow.If(body.build(), body.build(), List.of(1L), List.of(1L)),
                g.input("c", CONDITION), x);
        assertThat(g.tensor(y).shape()).isEqualTo(Shape.of(5));
    }

    @Test
    void sequencesInsertEraseAndJoin() {
        HostValue sequence = Evaluate.all(new Sequences.SequenceConstruct(), 1, Tensor.vector(1), Tensor.vector(2, 3)).get(0);
        HostValue longer = Evaluate.all(new Sequences.SequenceInsert(), 1, sequence, Tensor.vector(9), Tensor.longs(new long[0], -1)).get(0);
        assertThat(Evaluate.one(new Sequences.ConcatFromSequence(0, false), longer).toLongs()).containsExactly(1, 9, 2, 3);
        HostValue shorter = Evaluate.all(new Sequences.SequenceErase(), 1, longer, Tensor.longs(new long[0], 0)).get(0);
        assertThat(Evaluate.one(new Sequences.SequenceLength(), shorter).getLong(0)).isEqualTo(2);
        assertThat(Evaluate.one(new Sequences.SequenceAt(), shorter, Tensor.longs(new long[0], -1)).toLongs()).containsExactly(2, 3);
        assertThatThrownBy(() -> Evaluate.one(new Sequences.SequenceAt(), shorter, Tensor.longs(new long[0], 2)))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("out of range");
    }

    @Test
    void splitToSequenceGivesTheRestToTheLastPart() {
        HostValue parts = Evaluate.all(new Sequences.SplitToSequence(0, true), 1, Tensor.vector(1, 2, 3), Tensor.longs(new long[0], 2)).get(0);
        assertThat(((HostValue.Sequence) parts).elements()).hasSize(2);
    }

    @Test
    void optionalsHoldSomethingOrNothing() {
        HostValue some = new HostValue.Maybe(Optional.of(Tensor.vector(4)));
        assertThat(Evaluate.one(new Sequences.OptionalHasElement(), some).getBoolean(0)).isTrue();
        assertThat(Evaluate.one(new Sequences.OptionalGetElement(), some).toLongs()).containsExactly(4);
        HostValue none = Evaluate.all(new Sequences.OptionalEmpty(DataType.FLOAT32, true), 1).get(0);
        assertThat(none).isEqualTo(new HostValue.Maybe(Optional.empty()));
    }
}
