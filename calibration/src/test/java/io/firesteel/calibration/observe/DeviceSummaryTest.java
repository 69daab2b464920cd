package io.firesteel.calibration.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.CompileOptions;
import io.firesteel.backend.Backend;
import io.firesteel.backend.Backends;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Stream;
import io.firesteel.backend.SummaryRequest;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.TensorSummary;
import io.firesteel.calibration.histogram.Histogram;
import io.firesteel.calibration.histogram.HistogramTable;
import io.firesteel.engine.ActivationObserver;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.engine.Observation;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Convolution;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.Pooling;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.quant.QuantizableValues;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a GPU counts of a tensor against the histogram of the same values on the host: the same bytes. */
@Tag("gpu")
class DeviceSummaryTest {

    private static final int BINS = 4096;

    private static float[] elements(int count, int seed) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextGaussian() * Math.pow(2, i * 20.0 / count)) * (random.nextInt(3) == 0 ? 0 : 1);
        }
        return values;
    }

    private static TensorLayout layout(TensorFormat format, long... sizes) {
        return TensorLayout.of(TensorType.of(DataType.FLOAT32, sizes), format);
    }

    /** Compares the device's summary of a layout with the host's histogram of the same elements of {@code memory}. */
    private static void check(float[] memory, TensorLayout layout, SummaryRequest request) {
        Histogram expected = new Histogram(request.bins());
        int[] bits = new int[SummaryRequest.BLOCK];
        int filled = 0;
        long[] sizes = layout.sizes();
        long[] strides = layout.strides();
        sizes[request.rowAxis()] = request.limit();
        int[] order = layout.format() == TensorFormat.HWC ? new int[] {0, 2, 3, 1} : new int[] {0, 1, 2, 3};
        for (long i = 0; i < Arrays.stream(sizes).reduce(1, (a, b) -> a * b); i++) {
            long rest = i;
            long at = 0;
            for (int k = 3; k >= 0; k--) {
                at += rest % sizes[order[k]] * strides[order[k]];
                rest /= sizes[order[k]];
            }
            bits[filled++] = Float.floatToRawIntBits(memory[(int) at]);
            if (filled == bits.length) {
                expected.observe(bits, filled, request.stride());
                filled = 0;
            }
        }
        expected.observe(bits, filled, request.stride());
        Histogram actual = new Histogram(request.bins());
        TensorSummary summary = summary(memory, layout, request);
        actual.observe(summary, request.stride());
        assertThat(actual.toString()).isEqualTo(expected.toString());
        assertThat(actual.toBytes()).as(layout + " " + request).isEqualTo(expected.toBytes());
    }

    private static TensorSummary summary(float[] memory, TensorLayout layout, SummaryRequest request) {
        ByteBuffer values = ByteBuffer.allocateDirect(memory.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        values.asFloatBuffer().put(memory);
        int bytes = (int) TensorSummary.bytes(request, layout.sizes());
        ByteBuffer record = ByteBuffer.allocateDirect(bytes);
        Backend backend = Backends.open(Backends.device("cuda"));
        try (Stream stream = backend.openStream()) {
            stream.enter();
            try (Kernel kernel = backend.summary(layout, request).orElseThrow(); Memory x = backend.allocate(values.capacity(),
                    Backend.MemoryUse.ARENA); Memory result = backend.allocate(bytes, Backend.MemoryUse.ARENA);
                    Memory scratch = backend.allocate(kernel.scratchBytes(), Backend.MemoryUse.ARENA);
                    Launch launch = kernel.bind(stream, new long[] {x.address()}, new long[] {result.address()}, scratch.address())) {
                stream.copyIn(values, x.address());
                stream.clear(result.address(), bytes);
                launch.run();
                stream.copyOut(result.address(), record);
                stream.synchronize();
            }
        }
        return TensorSummary.read(record, request, layout.sizes());
    }

    private static SummaryRequest request(int bins, int stride, long limit) {
        return new SummaryRequest(bins, stride, 0, limit, -1);
    }

    @Test
    void countsAsTheHostDoes() {
        for (int stride : new int[] {1, 11}) {
            check(elements(7 * 12 * 40 * 40, 1), layout(TensorFormat.LINEAR, 7, 12, 40, 40), request(BINS, stride, 7));
            check(elements(9 * 64 * 64 * 64, 10), layout(TensorFormat.LINEAR, 9, 64, 64, 64), request(BINS, stride, 9));
            check(elements(7 * 12 * 40 * 40, 2), layout(TensorFormat.HWC, 7, 12, 40, 40), request(1024, stride, 5));
            check(elements(3 * 20 * 9 * 9, 3), layout(TensorFormat.HWC, 3, 12, 9, 9).within(20), request(256, stride, 3));
            check(elements(3 * 20 * 9 * 9, 4), layout(TensorFormat.LINEAR, 3, 12, 9, 9).within(20), request(16384, stride, 2));
            check(elements(2 * 3 * 5 * 7, 5), layout(TensorFormat.LINEAR, 2, 3, 5, 7), new SummaryRequest(BINS, stride, 2, 4, -1));
        }
    }

    @Test
    void keepsWhatIsNotFiniteApart() {
        for (int stride : new int[] {1, 11}) {
            float[] values = elements(4 * 8 * 32 * 32, 6);
            Random random = new Random(7);
            for (int i = 0; i < 500; i++) {
                values[random.nextInt(values.length / 2)] = i % 3 == 0 ? Float.NaN : (i % 3 - 1.5f) / 0;
            }
            check(values, layout(TensorFormat.LINEAR, 4, 8, 32, 32), request(BINS, stride, 4));
            check(new float[6000], layout(TensorFormat.LINEAR, 1, 1, 60, 100), request(BINS, stride, 1));
            float[] none = new float[6000];
            Arrays.fill(none, Float.NaN);
            check(none, layout(TensorFormat.LINEAR, 1, 1, 60, 100), request(BINS, stride, 1));
            float[] tiny = elements(6000, 8);
            for (int i = 0; i < tiny.length; i++) {
                tiny[i] = i % 2 == 0 ? -0.0f : tiny[i] * Float.MIN_VALUE;
            }
            check(tiny, layout(TensorFormat.LINEAR, 1, 1, 60, 100), request(BINS, stride, 1));
            tiny[17] = Float.MAX_VALUE;
            tiny[5900] = -1;
            check(tiny, layout(TensorFormat.LINEAR, 1, 1, 60, 100), request(BINS, stride, 1));
        }
    }

    private static Plan network() {
        GraphBuilder g = new GraphBuilder("observed");
        String x = g.input("x", new TensorType(DataType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.of(3), Dim.of(48), Dim.of(40))));
        String a = g.add(new Activations.Relu(), convolve(g, x, 20, 3));
        String b = g.add(new Arithmetic.Add(), convolve(g, a, 20, 20), a);
        g.output("y", g.add(new Pooling.GlobalAveragePool(), g.add(new Activations.Relu(), b)));
        return io.firesteel.Compiler.compile(g.build(), CompileOptions.of("observed", Precision.FP32));
    }

    private static String convolve(GraphBuilder g, String x, int to, int from) {
        Tensor weights = Tensor.floats(new long[] {to, from, 3, 3}, elements(to * from * 9, from));
        return g.add(new Convolution(List.of(1L, 1L), List.of(1L, 1L), List.of(1L, 1L), List.of(1L, 1L), 1, PointwiseProgram.IDENTITY), x,
                g.constant(weights));
    }

    /** Takes elements, though the device could summarize them. */
    private static final class Elements implements ActivationObserver {
        private final HistogramTable table = new HistogramTable(BINS);
        private final Observation observation;
        private final Map<String, Integer> axes;

        Elements(Observation observation, Map<String, Integer> axes) {
            this.observation = observation;
            this.axes = axes;
        }

        @Override
        public void observe(int value, int[] bits, int count) {
            table.tensor(observation.values().get(value)).observe(bits, count, observation.rowElements(value) >= 1 << 14 ? 11 : 1);
        }

        @Override
        public int channelAxis(int value) {
            return axes.getOrDefault(observation.values().get(value), -1);
        }

        @Override
        public void channels(int value, double[] sums, int positions) {
            table.means(observation.values().get(value), sums.length).add(sums, positions);
        }
    }

    @Test
    void observesWithoutCopyingActivations() {
        Plan plan = network();
        int rows = 29;
        float[] image = elements(rows * 3 * 48 * 40, 9);
        ByteBuffer bytes = ByteBuffer.allocateDirect(image.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(image);
        try (Engine engine = Engine.open(plan, Backends.device("cuda"), EngineOptions.defaults().withPrecision(Precision.FP32))) {
            HistogramTable summarized;
            long copied;
            int rowBytes = bytes.capacity() / rows;
            try (RowObserver observer = new RowObserver(engine, ObserveOptions.DEFAULT)) {
                for (int i = 0; i < rows; i++) {
                    byte[] row = new byte[rowBytes];
                    bytes.get(i * rowBytes, row);
                    observer.add(row, 1);
                }
                summarized = observer.finish();
                copied = observer.copiedBytes();
            }
            Map<String, Integer> axes = QuantizableValues.channelAxes(plan.graph());
            Observation observation = engine.observation(ObserveOptions.DEFAULT.batchRows(), QuantizableValues.of(plan.graph()));
            Elements elements = new Elements(observation, axes);
            long wholeBytes = 0;
            int batches = 0;
            for (int from = 0; from < rows; from += observation.batchRows()) {
                int count = Math.min(observation.batchRows(), rows - from);
                wholeBytes += observation.run(count, new ByteBuffer[] {bytes.slice(from * rowBytes, count * rowBytes)}, elements);
                batches++;
            }
            elements.table.addRows(rows, 0);
            assertThat(summarized.tensors()).hasSizeGreaterThanOrEqualTo(3);
            assertThat(summarized.toBytes()).isEqualTo(elements.table.toBytes());
            long activations = 0;
            long records = 0;
            for (int i = 0; i < observation.values().size(); i++) {
                activations += observation.rowElements(i) * rows * Float.BYTES;
                boolean sums = axes.containsKey(observation.values().get(i));
                long channels = sums ? engine.plan().graph().type(observation.values().get(i)) instanceof TensorType type
                        ? type.shape().dim(axes.get(observation.values().get(i))).size() : 0 : 0;
                records += batches * (8 + BINS + channels) * Long.BYTES;
            }
            assertThat(wholeBytes).isGreaterThanOrEqualTo(activations);
            assertThat(copied).isEqualTo(records).isLessThan(activations / 4);
        }
    }

    @Test
    void answersOnlyForWhatItCanSummarize() {
        Backend backend = Backends.open(Backends.device("cuda"));
        TensorLayout integers = TensorLayout.linear(TensorType.of(DataType.INT64, 8));
        assertThat(backend.summary(integers, request(BINS, 1, 8))).isEqualTo(Optional.empty());
        assertThat(backend.summary(layout(TensorFormat.LINEAR, 2, 3), request(65_536, 1, 2))).isEqualTo(Optional.empty());
    }
}
