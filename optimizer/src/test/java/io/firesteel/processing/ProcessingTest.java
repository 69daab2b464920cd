package io.firesteel.processing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Activations;
import io.firesteel.op.Reshaping;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessingTest {

    /** Passes an image [N,2,1,2] on as scores [N,4], negative ones as 0. */
    private static Graph network() {
        GraphBuilder g = new GraphBuilder("scores");
        String image = g.input("image", new TensorType(DataType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.of(2), Dim.of(1), Dim.of(2))));
        g.output("scores", g.add(new Reshaping.Reshape(List.of(0L, 4L), false), g.add(new Activations.Relu(), image)));
        return g.build();
    }

    private static Tensor bytes(long[] sizes, int... values) {
        Tensor tensor = Tensor.zeros(DataType.UINT8, sizes);
        for (int i = 0; i < values.length; i++) {
            tensor.setLong(i, values[i]);
        }
        return tensor;
    }

    private static Plan plan(List<Preprocessing> before, Postprocessing after) {
        return Compiler.compile(network(), CompileOptions.of("scores", Precision.FP32).with(before, after));
    }

    @Test
    void bytesBecomeNormalizedFloatsInTheNetworksLayout() {
        Plan plan = plan(List.of(new Preprocessing("image", 0.5, List.of(1.0, 2.0), List.of(2.0, 4.0), true)), Postprocessing.NONE);
        assertThat(plan.signature().inputs().get(0).type()).hasToString("uint8[N,1,2,2]");
        List<HostValue> results = ReferenceEvaluator.run(plan.graph(), List.of(bytes(new long[] {1, 1, 2, 2}, 10, 20, 30, 255)));
        assertThat(((Tensor) results.get(0)).toFloats()).containsExactly(new float[] {2, 7, 2, 31.375f}, within(1e-6f));
    }

    @Test
    void theLargestScoresAreGivenWithTheirPlaces() {
        Plan plan = plan(List.of(Preprocessing.bytes("image")),
                new Postprocessing(true, Postprocessing.Selection.TOP_K, 2, List.of("a", "b", "c", "d")));
        assertThat(plan.labels()).containsExactly("a", "b", "c", "d");
        assertThat(plan.signature().outputs()).extracting(p -> p.name()).containsExactly("scores_values", "scores_indices");
        List<HostValue> results = ReferenceEvaluator.run(plan.graph(), List.of(bytes(new long[] {1, 2, 1, 2}, 1, 3, 0, 2)));
        assertThat(((Tensor) results.get(1)).toLongs()).containsExactly(1, 3);
        double sum = Math.exp(1) + Math.exp(3) + 1 + Math.exp(2);
        assertThat(((Tensor) results.get(0)).toFloats())
                .containsExactly(new float[] {(float) (Math.exp(3) / sum), (float) (Math.exp(2) / sum)}, within(1e-6f));
    }

    @Test
    void theLargestScoresPlaceIsAnIndex() {
        Plan plan = plan(List.of(), new Postprocessing(false, Postprocessing.Selection.ARGMAX, 0, List.of()));
        assertThat(plan.signature().outputs().get(0)).hasToString("scores_index: int64[N]");
    }

    @Test
    void whatDoesNotFitIsRefusedByName() {
        assertThatThrownBy(() -> plan(List.of(Preprocessing.bytes("picture")), Postprocessing.NONE))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("picture").hasMessageContaining("image");
        assertThatThrownBy(() -> plan(List.of(new Preprocessing("image", 1, List.of(1.0, 2.0, 3.0), List.of(1.0), false)), Postprocessing.NONE))
                .hasMessageContaining("channel");
        assertThatThrownBy(() -> plan(List.of(), new Postprocessing(false, Postprocessing.Selection.ALL, 0, List.of("only one"))))
                .hasMessageContaining("1 labels");
    }
}
