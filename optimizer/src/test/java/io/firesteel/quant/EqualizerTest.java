package io.firesteel.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.op.Activations;
import io.firesteel.op.Convolution;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestNetwork;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class EqualizerTest {

    private static final int CHANNELS = 16;

    private final TestNetwork net = new TestNetwork();
    private final Random random = new Random(3);

    /** The gain of a channel, from 1 to 1,000. */
    private static double gain(long channel, int order) {
        return Math.pow(1000, channel * order % CHANNELS / (double) CHANNELS);
    }

    /** Random numbers times the gain of the first axis, divided by that of the second. */
    private String weights(int made, int read, long... sizes) {
        Tensor tensor = Tensor.zeros(DataType.FLOAT32, sizes);
        long kernel = sizes.length == 1 ? 1 : tensor.elements() / sizes[0] / sizes[1];
        for (long i = 0; i < tensor.elements(); i++) {
            long row = sizes.length == 1 ? i : i / kernel / sizes[1];
            long column = sizes.length == 1 || sizes[1] == 1 ? row : i / kernel % sizes[1];
            tensor.setDouble(i, random.nextGaussian() * (made == 0 ? 1 : gain(row, made)) / (read == 0 ? 1 : gain(column, read)));
        }
        return net.constant(tensor);
    }

    private String convolve(String x, int made, int read, int groups, int kernel) {
        long padding = kernel / 2;
        return net.add(new Convolution(List.of(1L, 1L), List.of(1L, 1L), List.of(padding, padding), List.of(padding, padding), groups,
                PointwiseProgram.IDENTITY), x, weights(made, read, CHANNELS, CHANNELS / groups, kernel, kernel), weights(made, 0, CHANNELS));
    }

    /** Expansion, depthwise convolution and projection, an activation after the first two; gains of channels cancel. */
    private Plan block(UnaryOperator<String> activation) {
        String wide = activation.apply(convolve(net.input("x", "N", CHANNELS, 6, 6), 7, 0, 1, 1));
        String deep = activation.apply(convolve(wide, 5, 7, CHANNELS, 3));
        return Compiler.compile(net.show(convolve(deep, 0, 5, 1, 1)), CompileOptions.of("block", Precision.FP32));
    }

    private static double signalToNoise(Graph reference, Graph graph) {
        Plan plan = new Plan("block", graph, Precision.FP32, Map.of(), Map.of(), 0, List.of(), "");
        return Ranges.signalToNoise(reference, Quantizer.of(plan, Ranges.of(graph)).quantize("int8", Set.of()).graph());
    }

    @Test
    void theSameNetworkLosesLessInInt8() {
        Plan plan = block(x -> net.add(new Activations.Relu(), x));
        Equalizer.Result result = Equalizer.equalize(plan);
        assertThat(result.pairs()).hasSize(2);
        List<String> first = result.pairs().get(0);
        List<String> second = result.pairs().get(1);
        assertThat(result.plan().provenance()).containsEntry("equalized", "2 pairs of layers: " + first.get(0) + " and " + first.get(1) + "; "
                + second.get(0) + " and " + second.get(1));
        assertThat(Equalizer.partners(result.plan().provenance())).containsEntry(first.get(1), List.of(first.get(0), second.get(1)))
                .hasSize(3);
        assertThat(Equalizer.partners(plan.provenance())).isEmpty();
        Rewrites.assertSame(plan.graph(), result.plan().graph());
        double before = signalToNoise(plan.graph(), plan.graph());
        double after = signalToNoise(plan.graph(), result.plan().graph());
        assertThat(after).as("before %.1f dB", before).isGreaterThan(before + 6);
    }

    @Test
    void aBoundedActivationIsLeft() {
        Plan plan = block(x -> net.add(new Activations.ClipTo(0, 6), x));
        assertThatThrownBy(() -> Equalizer.equalize(plan)).isInstanceOf(FiresteelException.class).hasMessageContaining("no two layers")
                .hasMessageContaining("calibrate it as it is");
    }

    @Test
    void onlyAModelInRealNumbersIsEqualizedAndOnlyOnce() {
        Plan plan = block(x -> net.add(new Activations.Relu(), x)).withFp16Overflows(Map.of("layer", "65520"));
        Plan equalized = Equalizer.equalize(plan).plan();
        assertThat(equalized.fp16Overflows()).isEqualTo(plan.fp16Overflows());
        assertThatThrownBy(() -> Equalizer.equalize(equalized)).isInstanceOf(FiresteelException.class).hasMessageContaining("equalized already");
        Plan int8 = Quantizer.of(plan, Ranges.of(plan.graph())).quantize("int8", Set.of());
        assertThatThrownBy(() -> Equalizer.equalize(int8)).isInstanceOf(FiresteelException.class).hasMessageContaining("quantized already");
    }
}
