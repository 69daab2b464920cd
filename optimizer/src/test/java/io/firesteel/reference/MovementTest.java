package io.firesteel.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Indexing;
import io.firesteel.op.Movement;
import io.firesteel.op.Operator;
import io.firesteel.op.Rearrangement;
import io.firesteel.op.Reshaping;
import io.firesteel.op.Slicing;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MovementTest {

    private static final Dim N = Dim.symbol("N");

    private static Tensor count(DataType type, long... sizes) {
        Tensor tensor = Tensor.zeros(type, sizes);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setLong(i, i);
        }
        return tensor;
    }

    private static Tensor count(long... sizes) {
        return count(DataType.INT64, sizes);
    }

    private static Shape infer(Operator operator, Dim... dims) {
        GraphBuilder g = new GraphBuilder("g");
        return g.tensor(g.add(operator, g.input("x", new TensorType(DataType.FLOAT32, Shape.of(dims))))).shape();
    }

    @Test
    void reshapeKeepsSymbolsThatCancel() {
        assertThat(infer(new Reshaping.Reshape(List.of(0L, 0L, 12L, 64L), false), N, Dim.of(64), Dim.of(768)))
                .isEqualTo(Shape.of(N, Dim.of(64), Dim.of(12), Dim.of(64)));
        assertThat(infer(new Reshaping.Reshape(List.of(-1L, 768L), false), N, Dim.of(64), Dim.of(768)))
                .isEqualTo(Shape.of(new Dim(64, "N", 0), Dim.of(768)));
        assertThat(infer(new Reshaping.Reshape(List.of(0L, -1L), false), N, Dim.symbol("S"), Dim.of(4)).dim(0)).isEqualTo(N);
        assertThatThrownBy(() -> infer(new Reshaping.Reshape(List.of(5L, -1L), false), Dim.of(2), Dim.of(3)))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("does not divide");
    }

    @Test
    void reshapeToSymbolicTargetBecomesStaticWhereTheDataSaysTheRest() {
        Shape data = Shape.of(N, Dim.symbol("S"), Dim.of(768));
        assertThat(Reshaping.Reshape.of(data, List.of(N, Dim.symbol("S"), Dim.of(12), Dim.of(64)), false))
                .contains(new Reshaping.Reshape(List.of(0L, 0L, 12L, 64L), false));
        assertThat(Reshaping.Reshape.of(data, List.of(Dim.symbol("A"), Dim.symbol("B")), false)).isEmpty();
    }

    @Test
    void reshapeOfAnEmptyBatchInfersFromTheOtherDimensions() {
        assertThat(new Reshaping.Reshape(List.of(0L, -1L), false).resolve(new long[] {0, 3, 4})).containsExactly(0, 12);
        assertThat(new Reshaping.Reshape(List.of(0L, 0L), true).resolve(new long[] {0, 7})).containsExactly(0, 0);
    }

    @Test
    void shapesComputedByMoversAreFollowed() {
        GraphBuilder g = new GraphBuilder("g");
        String x = g.input("x", new TensorType(DataType.FLOAT32, Shape.of(N, Dim.of(6))));
        String sizes = g.constant(Tensor.vector(7, 8, 2, 3));
        String tail = g.add(new Slicing.Slice(List.of(0L), List.of(-2L), List.of(Long.MAX_VALUE), List.of(1L)), sizes);
        String first = g.add(new Reshaping.Unsqueeze(List.of(0L)),
                g.add(new Indexing.Gather(0), g.constant(Tensor.vector(0, -1)), g.constant(Tensor.longs(new long[0], 0))));
        String target = g.add(new Movement.Concat(0), first, tail);
        assertThat(g.tensor(g.add(new Reshaping.DynamicReshape(false), x, target)).shape())
                .isEqualTo(Shape.of(N, Dim.of(2), Dim.of(3)));
    }

    @ParameterizedTest
    @EnumSource(DataType.class)
    void moversCopyEveryElementType(DataType type) {
        Tensor x = count(type, 2, 3, 4);
        Tensor y = Evaluate.one(new Movement.Transpose(List.of(2L, 0L, 1L)), x);
        Tensor back = Evaluate.one(new Movement.Transpose(List.of(1L, 2L, 0L)), y);
        assertThat(back.contentEquals(x)).isTrue();
        List<HostValue> parts = Evaluate.all(new Movement.Split(1, List.of(1L, 2L)), 2, x);
        assertThat(Evaluate.one(new Movement.Concat(-2), parts.get(0), parts.get(1)).contentEquals(x)).isTrue();
        assertThat(Evaluate.one(new Slicing.Pad(Slicing.PadMode.CONSTANT, List.of(0L, -1L, 0L), List.of(0L, 1L, 0L)), x)
                .getLong(11)).isZero();
    }

    @Test
    void nanBitsSurviveMoving() {
        Tensor x = Tensor.zeros(DataType.FLOAT32, 1, 2);
        x.buffer().putInt(4, 0x7fa00001);
        assertThat(Evaluate.one(new Movement.Transpose(List.of(1L, 0L)), x).buffer().getInt(4)).isEqualTo(0x7fa00001);
    }

    @Test
    void sliceClampsAndGoesBackward() {
        Tensor x = count(5);
        assertThat(slice(x, -1, Long.MIN_VALUE, -1)).containsExactly(4, 3, 2, 1, 0);
        assertThat(slice(x, 1, 100, 2)).containsExactly(1, 3);
        assertThat(slice(x, 3, 1, 1)).isEmpty();
        assertThat(infer(new Slicing.Slice(List.of(0L, 1L), List.of(0L, 1L), List.of(-1L, Long.MAX_VALUE), List.of(1L, 1L)), N, N))
                .isEqualTo(Shape.of(new Dim(1, "N", -1), new Dim(1, "N", -1)));
    }

    private static long[] slice(Tensor x, long start, long end, long step) {
        return Evaluate.one(new Slicing.Slice(List.of(0L), List.of(start), List.of(end), List.of(step)), x).toLongs();
    }

    @Test
    void padModes() {
        assertThat(pad(Slicing.PadMode.REFLECT)).containsExactly(2, 1, 0, 1, 2, 1);
        assertThat(pad(Slicing.PadMode.EDGE)).containsExactly(0, 0, 0, 1, 2, 2);
        assertThat(pad(Slicing.PadMode.WRAP)).containsExactly(1, 2, 0, 1, 2, 0);
        assertThat(pad(Slicing.PadMode.CONSTANT)).containsExactly(0, 0, 0, 1, 2, 0);
    }

    private static long[] pad(Slicing.PadMode mode) {
        return Evaluate.one(new Slicing.Pad(mode, List.of(2L), List.of(1L)), count(3)).toLongs();
    }

    @Test
    void expandAndTileRepeat() {
        assertThat(Evaluate.one(new Movement.Expand(List.of(2L, 1L, 3L)), count(2, 1)).toLongs())
                .containsExactly(0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1);
        assertThat(Evaluate.one(new Movement.Tile(List.of(2L, 2L)), count(1, 2)).toLongs())
                .containsExactly(0, 1, 0, 1, 0, 1, 0, 1);
    }

    @Test
    void indexingReadsAndWrites() {
        Tensor x = count(3, 2);
        assertThat(Evaluate.one(new Indexing.Gather(0), x, Tensor.vector(-1, 0)).toLongs()).containsExactly(4, 5, 0, 1);
        assertThat(Evaluate.one(new Indexing.GatherND(0), x, Tensor.longs(new long[] {2, 2}, 2, 1, 0, -1)).toLongs())
                .containsExactly(5, 1);
        assertThat(Evaluate.one(new Indexing.ScatterND(Indexing.ScatterReduction.ADD), x,
                Tensor.longs(new long[] {2, 1}, 1, 1), Tensor.longs(new long[] {2, 2}, 10, 20, 30, 40)).toLongs())
                .containsExactly(0, 1, 42, 63, 4, 5);
        assertThat(Evaluate.one(new Indexing.ScatterElements(1, Indexing.ScatterReduction.MAX), x,
                Tensor.longs(new long[] {1, 2}, 0, 0), Tensor.longs(new long[] {1, 2}, -5, 9)).toLongs())
                .containsExactly(9, 1, 2, 3, 4, 5);
        assertThatThrownBy(() -> Evaluate.one(new Indexing.Gather(0), x, Tensor.vector(3)))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("out of range");
    }

    @Test
    void depthToSpaceIsTheInverseOfSpaceToDepth() {
        Tensor x = count(2, 3, 4, 6);
        Tensor blocks = Evaluate.one(new Rearrangement.SpaceToDepth(2), x);
        assertThat(blocks.sizes()).containsExactly(2, 12, 2, 3);
        assertThat(Evaluate.one(new Rearrangement.DepthToSpace(2, false), blocks).contentEquals(x)).isTrue();
    }

    @Test
    void evenSplitLeavesTheRestToTheLast() {
        assertThat(new Movement.EvenSplit(0, 3).sizes(7)).containsExactly(3L, 3L, 1L);
        assertThat(LongStream.of(((Tensor) Evaluate.all(new Movement.EvenSplit(0, 3), 3, count(7)).get(2)).toLongs()).boxed())
                .containsExactly(6L);
    }
}
