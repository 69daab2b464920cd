package io.firesteel.backend.cuda.dnn;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.backend.Layer;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.ControlFlow;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What layers compute with needs no GPU. */
class ComputeTypeTest {

    @Test
    void aLayerWhoseFirstInputIsLeftOutHasNone() {
        TensorType row = TensorType.of(DataType.FLOAT32, 2);
        GraphBuilder body = new GraphBuilder("body");
        body.input("state", row);
        body.input("x", row);
        body.output("sum", body.add(new Arithmetic.Add(), "state", "x"));
        ControlFlow.BatchedScan operator = new ControlFlow.BatchedScan(body.build(), 1, List.of(0L));
        Layer scan = DeviceLayerCheck.of(operator).absent().variable(1, 2).variable(1, 3, 2).layer();
        assertThat(ComputeType.of(scan)).isEmpty();
        assertThat(ComputeType.of(DeviceLayerCheck.of(new Arithmetic.Add()).variable(2, 3).variable(2, 3).layer())).isPresent();
    }
}
