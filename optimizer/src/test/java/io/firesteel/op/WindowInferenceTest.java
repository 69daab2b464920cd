package io.firesteel.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class WindowInferenceTest {

    private static final PoolingWindow THREE = new PoolingWindow(List.of(3L), List.of(1L), List.of(1L), List.of(1L), List.of(0L), false);

    private static Shape infer(Operator operator, Shape data, Shape... others) {
        GraphBuilder builder = new GraphBuilder("g");
        String[] inputs = new String[others.length + 1];
        inputs[0] = builder.input("x", new TensorType(DataType.FLOAT32, data));
        for (int i = 0; i < others.length; i++) {
            inputs[i + 1] = builder.input("w" + i, new TensorType(DataType.FLOAT32, others[i]));
        }
        return builder.tensor(builder.add(operator, inputs)).shape();
    }

    @Test
    void symbolicBatchAndSpatialSizesPass() {
        Shape data = Shape.of(Dim.symbol("N"), Dim.of(4), Dim.symbol("W"));
        assertThat(infer(new Pooling.AveragePool(THREE, false), data)).hasToString("[N,4,W-1]");
        assertThat(infer(new Pooling.GlobalAveragePool(), data)).hasToString("[N,4,1]");
        ConvolutionTranspose transpose = new ConvolutionTranspose(List.of(2L), List.of(1L), List.of(0L), List.of(0L), List.of(0L), 1,
                PointwiseProgram.IDENTITY);
        assertThat(infer(transpose, data, Shape.of(4, 5, 3))).hasToString("[N,5,2W+1]");
    }

    @Test
    void aWindowLargerThanTheDataIsAnError() {
        assertThatThrownBy(() -> infer(new Pooling.LpPool(THREE, 2), Shape.of(1, 1, 1))).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("reaches over 3");
        assertThatThrownBy(() -> infer(new Pooling.LpPool(THREE, 2), Shape.of(1, 1, 5, 5))).isInstanceOf(FiresteelException.class);
    }
}
