package io.firesteel.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Backends;
import io.firesteel.backend.Device;
import io.firesteel.backend.cuda.driver.CudaDevice;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Activations;
import io.firesteel.op.MatMul;
import io.firesteel.plan.Plan;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.nio.ByteBuffer;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A GPU whose memory runs out; {@link OutOfMemoryTest} has what needs none. */
class GpuOutOfMemoryTest {

    @Test
    @Tag("gpu")
    void onAGpuThatIsNearlyFullSmallerBatchesRun() {
        int width = 1024;
        int rows = 16384;
        GraphBuilder g = new GraphBuilder("wide");
        String x = g.input("x", new TensorType(DataType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.of(width))));
        g.output("y", g.add(new Activations.Relu(), g.add(new MatMul(), x, g.constant(Networks.random(1, width, width)))));
        Plan plan = Networks.plan(g.build());
        Device device = Backends.device("cuda");
        Backend backend = Backends.open(device);
        EngineOptions options = EngineOptions.defaults().withBuckets(List.of(256, rows)).withSessions(1);
        Tensor input = Networks.random(2, rows, width);
        ByteBuffer y = Networks.direct(rows * width);
        backend.limitMemory(64.0 * (1 << 20) / CudaDevice.all().get(device.index()).memoryBytes());
        try (Engine engine = Engine.open(plan, device, options)) {
            engine.run(rows, new ByteBuffer[] {Networks.direct(input)}, new ByteBuffer[] {y});
            assertThat(engine.buckets()).containsExactly(256);
        } finally {
            backend.limitMemory(1);
        }
        ByteBuffer whole = Networks.direct(rows * width);
        try (Engine engine = Engine.open(plan, device, options.withBuckets(List.of(256)))) {
            engine.run(rows, new ByteBuffer[] {Networks.direct(input)}, new ByteBuffer[] {whole});
        }
        float[] last = new float[width];
        System.arraycopy(Networks.floats(y), (rows - 1) * width, last, 0, width);
        Tensor one = Tensor.zeros(DataType.FLOAT32, 1, width);
        for (int i = 0; i < width; i++) {
            one.setDouble(i, input.getDouble((long) (rows - 1) * width + i));
        }
        float[] expected = ((Tensor) ReferenceEvaluator.run(plan.graph(), List.of(one)).get(0)).toFloats();
        assertThat(last).containsExactly(expected, Offset.offset(1e-4f));
        assertThat(y).isEqualTo(whole);
    }
}
