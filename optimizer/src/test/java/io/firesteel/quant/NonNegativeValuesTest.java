package io.firesteel.quant;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Convolution;
import io.firesteel.op.Movement;
import io.firesteel.op.Operator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.Pooling;
import io.firesteel.op.Quantization;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NonNegativeValuesTest {

    private static final PointwiseProgram RELU = new PointwiseProgram(1, List.of(
            new PointwiseProgram.Instruction(new Activations.Relu(), List.of(0))));
    private static final PointwiseProgram RELU_AND_ADD = new PointwiseProgram(2, List.of(
            new PointwiseProgram.Instruction(new Activations.Relu(), List.of(0)),
            new PointwiseProgram.Instruction(new Arithmetic.Add(), List.of(1, 2))));

    private final GraphBuilder net = new GraphBuilder("test");
    private final String x = net.input("x", TensorType.of(DataType.FLOAT32, 1, 4, 6, 6));

    private boolean isNonNegative(String value) {
        net.output("y", value);
        Graph graph = net.build();
        return NonNegativeValues.includes(graph, value);
    }

    private String relu(String value) {
        return net.add(new Activations.Relu(), value);
    }

    private String quantize(String value, long zeroPoint) {
        return net.add(new Quantization.QuantizeLinear(DataType.INT8, 1, 0, DataType.FLOAT32), value,
                net.constant(Tensor.scalar(DataType.FLOAT32, 0.5)), net.constant(Tensor.scalar(DataType.INT8, zeroPoint)));
    }

    @Test
    void anInputMayBeNegative() {
        assertThat(isNonNegative(net.add(new Pooling.GlobalAveragePool(), x))).isFalse();
    }

    @Test
    void poolingAndConcatenationKeepWhatReluMade() {
        String mean = net.add(new Pooling.GlobalAveragePool(), net.add(new Movement.Concat(1), relu(x), relu(x)));
        assertThat(isNonNegative(mean)).isTrue();
    }

    @Test
    void oneNegativePartOfAConcatenationIsEnough() {
        assertThat(isNonNegative(net.add(new Movement.Concat(1), relu(x), x))).isFalse();
    }

    @Test
    void boundsTellTheSign() {
        assertThat(isNonNegative(net.add(new Activations.ClipTo(0, 6), x))).isTrue();
    }

    @Test
    void boundsUnderZeroDoNot() {
        assertThat(isNonNegative(net.add(new Activations.ClipTo(-1, 6), x))).isFalse();
    }

    @Test
    void differencesMayBeNegative() {
        assertThat(isNonNegative(net.add(new Arithmetic.Sub(), relu(x), relu(x)))).isFalse();
    }

    @Test
    void quantizationKeepsTheSign() {
        assertThat(isNonNegative(quantize(relu(x), 0))).isTrue();
    }

    @Test
    void aZeroPointUnderZeroDoesNot() {
        assertThat(isNonNegative(quantize(relu(x), -128))).isFalse();
    }

    private String convolution(PointwiseProgram epilogue, String... further) {
        Operator convolution = new Convolution(List.of(1L, 1L), List.of(1L, 1L), List.of(0L, 0L), List.of(0L, 0L), 1, epilogue);
        Optional<QuantizationParameters> parameters = Optional.of(new QuantizationParameters(DataType.INT8, 0, List.of(0.5f), List.of()));
        Tensor weights = Tensor.zeros(DataType.INT8, 4, 4, 1, 1);
        weights.setLong(3, -5);
        Operator quantized = new Quantized(convolution, further.length == 0 ? List.of(parameters, parameters)
                : List.of(parameters, parameters, Optional.empty(), parameters), parameters);
        String data = quantize(x, 0);
        String constant = net.constant(weights);
        return further.length == 0 ? net.add(quantized, data, constant) : net.add(quantized, data, constant, "", further[0]);
    }

    @Test
    void aQuantizedLayerHasTheSignOfItsEpilogue() {
        assertThat(isNonNegative(convolution(RELU))).isTrue();
    }

    @Test
    void aQuantizedLayerWithoutOneHasNone() {
        assertThat(isNonNegative(convolution(PointwiseProgram.IDENTITY))).isFalse();
    }

    @Test
    void aResidualCounts() {
        assertThat(isNonNegative(convolution(RELU_AND_ADD, quantize(x, 0)))).isFalse();
    }

    @Test
    void aResidualThatIsNotNegativeCountsToo() {
        assertThat(isNonNegative(convolution(RELU_AND_ADD, quantize(relu(x), 0)))).isTrue();
    }
}
