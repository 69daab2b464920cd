package io.firesteel.pass.simplify;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.Conversions;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestNetwork;
import io.firesteel.tensor.DataType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ComposeCastsTest {

    private final TestNetwork net = new TestNetwork();

    @ParameterizedTest
    @CsvSource({"FLOAT16, FLOAT32, INT64", "FLOAT32, FLOAT64, FLOAT16", "INT8, FLOAT16, INT32", "UINT8, INT16, FLOAT32",
            "BOOL, UINT8, FLOAT32", "INT32, INT64, FLOAT32", "UINT32, FLOAT64, BOOL"})
    void convertsAtOnce(DataType from, DataType over, DataType to) {
        Graph after = Rewrites.fire(net.show(cast(cast(net.input(from, "x", "N", 3), over), to)), new ComposeCasts());
        assertThat(Rewrites.only(after, Conversions.Cast.class).to()).isEqualTo(to);
    }

    @Test
    void comesBackToTheFirstType() {
        Graph after = Rewrites.fire(net.show(cast(cast(net.input(DataType.INT16, "x", "N", 3), DataType.FLOAT32), DataType.INT16)),
                new ComposeCasts());
        assertThat(after.nodes()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"FLOAT32, FLOAT16, FLOAT32", "FLOAT32, INT64, FLOAT32", "INT64, FLOAT64, INT64", "INT32, FLOAT32, INT64",
            "INT8, UINT8, INT32", "FLOAT16, BFLOAT16, FLOAT32", "INT16, FLOAT16, INT32"})
    void leavesConversionsThatLose(DataType from, DataType over, DataType to) {
        Rewrites.leave(net.show(cast(cast(net.input(from, "x", "N", 3), over), to)), new ComposeCasts());
    }

    private String cast(String value, DataType to) {
        return net.add(new Conversions.Cast(to), value);
    }
}
