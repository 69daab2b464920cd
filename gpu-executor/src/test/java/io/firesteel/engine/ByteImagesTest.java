package io.firesteel.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.backend.Backends;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Stream;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.lowering.Operand;
import io.firesteel.lowering.Program;
import io.firesteel.lowering.Step;
import io.firesteel.op.Activations;
import io.firesteel.op.Convolution;
import io.firesteel.op.NormalizedConvolution;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.processing.Postprocessing;
import io.firesteel.processing.Preprocessing;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Images that a plan takes as bytes, on a GPU. */
@Tag("gpu")
class ByteImagesTest {

    private static final int ROWS = 4;
    private static final int SIDE = 32;
    private static final int ROW_BYTES = SIDE * SIDE * 3;

    /** relu(convolution((x / 255 - mean) / deviation)) of images [N, H, W, C] of bytes. */
    private static Plan plan() {
        GraphBuilder g = new GraphBuilder("images");
        String x = g.input("image", new TensorType(DataType.FLOAT32,
                Shape.of(Dim.symbol("N"), Dim.of(3), Dim.of(SIDE), Dim.of(SIDE))));
        List<Long> two = List.of(2L, 2L);
        List<Long> one = List.of(1L, 1L);
        Convolution convolution = new Convolution(two, one, one, one, 1, PointwiseProgram.IDENTITY);
        String y = g.add(convolution, x, g.constant(Networks.random(1, 16, 3, 3, 3)), g.constant(Networks.random(2, 16)));
        g.output("y", g.add(new Activations.Relu(), y));
        Preprocessing bytes = new Preprocessing("image", 1 / 255.0, List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225), true);
        CompileOptions options = CompileOptions.of("images", Precision.FP16).with(List.of(bytes), Postprocessing.NONE);
        return Compiler.compile(g.build(), options);
    }

    /** Notes what is copied to the device. */
    private record Noted(Stream stream, List<Long> bytes, List<Long> addresses) implements Stream {
        @Override
        public void enter() {
            stream.enter();
        }

        @Override
        public void copyIn(ByteBuffer host, long device) {
            bytes.add((long) host.remaining());
            addresses.add(device);
            stream.copyIn(host, device);
        }

        @Override
        public void copyOut(long device, ByteBuffer host) {
            stream.copyOut(device, host);
        }

        @Override
        public void copy(long source, long target, long count) {
            stream.copy(source, target, count);
        }

        @Override
        public void clear(long device, long count) {
            stream.clear(device, count);
        }

        @Override
        public Launch sequence(List<Launch> launches) {
            return stream.sequence(launches);
        }

        @Override
        public void synchronize() {
            stream.synchronize();
        }

        @Override
        public void close() {
            stream.close();
        }
    }

    @Test
    void bytesCrossTheBusAndTheFirstKernelReadsThem() {
        byte[] pixels = new byte[ROWS * ROW_BYTES];
        new Random(3).nextBytes(pixels);
        ByteBuffer image = ByteBuffer.allocateDirect(pixels.length).put(0, pixels);
        Plan plan = plan();
        EngineOptions options = EngineOptions.defaults().withBuckets(List.of(ROWS)).withSessions(1);
        try (Engine engine = Engine.open(plan, Backends.device("cuda"), options)) {
            assertThat(engine.inputRowBytes(0)).isEqualTo(ROW_BYTES);
            Program program = engine.program(ROWS);
            Operand.InArena place = (Operand.InArena) program.inputs().get(0);
            assertThat(place.layout().dataType()).isEqualTo(DataType.UINT8);
            assertThat(program.steps()).noneMatch(step -> step instanceof Step.Host);
            Step.Layer first = (Step.Layer) program.steps().get(0);
            assertThat(first.node().operator()).as("the first kernel").isInstanceOf(NormalizedConvolution.class);
            Operand.InArena read = (Operand.InArena) first.inputs().get(0);
            assertThat(read.offset()).isEqualTo(place.offset());
            assertThat(read.layout().dataType()).isEqualTo(DataType.UINT8);
            engine.withSession(new ByteBuffer[] {image}, ROWS, session -> {
                PreparedProgram prepared = engine.bucket(ROWS);
                BoundProgram bound = session.bind(prepared);
                Noted noted = new Noted(session.stream(), new ArrayList<>(), new ArrayList<>());
                engine.copyIn(noted, bound, prepared, ROWS, 0, ROWS, new ByteBuffer[] {image});
                noted.synchronize();
                assertThat(noted.bytes()).containsExactly((long) ROWS * ROW_BYTES);
                assertThat(noted.addresses()).containsExactly(bound.address(place));
                return bound;
            });
            ByteBuffer y = Networks.direct(ROWS * 16 * SIDE / 2 * SIDE / 2);
            engine.run(ROWS, new ByteBuffer[] {image}, new ByteBuffer[] {y});
            Tensor bytes = Tensor.wrap(DataType.UINT8, new long[] {ROWS, SIDE, SIDE, 3}, image);
            float[] expected = ((Tensor) ReferenceEvaluator.run(plan.graph(), List.of(bytes)).get(0)).toFloats();
            assertThat(Networks.floats(y)).containsExactly(expected, Offset.offset(0.05f));
        }
    }
}
