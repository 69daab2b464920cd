package io.firesteel.calibration.sensitivity;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.bytes.ByteSink;
import io.firesteel.calibration.bytes.ByteSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Why each layer of a quantized plan has the precision it has, and what it took to find out.
 *
 * @param source hash of the plan that was quantized
 * @param metric what was measured, empty where nothing was
 * @param bound the loss that was allowed; NaN for none
 * @param layers the layers that can run in int8, the one that costs most first
 * @param steps the networks evaluated, in order
 * @param layerRows rows on which each layer's effect was measured
 * @param layerSeconds time that took
 * @param jobs passes over rows, those included that chose them
 * @param seconds time of the whole
 */
public record SensitivityTable(String source, String metric, double bound, List<Layer> layers, List<SearchStep> steps,
        long layerRows, double layerSeconds, long jobs, double seconds) {

    private static final byte[] MAGIC = {'F', 'S', 'S', 'T'};
    private static final int VERSION = 2;
    private static final long MOST = 1L << 20;

    /**
     * One layer.
     *
     * @param effect what it costs alone
     * @param precision what it runs in: {@code int8} or the precision the plan permits
     * @param reason why
     * @param biasCorrection root mean square of what bias correction adds to its bias, 0 where nothing
     */
    public record Layer(LayerEffect effect, String precision, String reason, double biasCorrection) { }

    public SensitivityTable {
        layers = List.copyOf(layers);
        steps = List.copyOf(steps);
    }

    /** How many layers run in int8. */
    public long int8Layers() {
        return layers.stream().filter(layer -> layer.precision().equals("int8")).count();
    }

    /** The table as a versioned record with a checksum; equal contents give equal bytes. */
    public byte[] toBytes() {
        ByteSink sink = new ByteSink(MAGIC, VERSION);
        sink.text(source);
        sink.text(metric);
        sink.f64(bound);
        sink.varint(layers.size());
        for (Layer layer : layers) {
            sink.text(layer.effect().layer());
            sink.f64(layer.effect().signalToNoise());
            sink.f64(layer.effect().cosine());
            write(sink, layer.effect().effect());
            sink.text(layer.precision());
            sink.text(layer.reason());
            sink.f64(layer.biasCorrection());
        }
        sink.varint(steps.size());
        for (SearchStep step : steps) {
            sink.text(step.part().name());
            sink.varint(step.restored());
            sink.varint(step.rows());
            sink.f64(step.reference());
            sink.f64(step.candidate());
            write(sink, step.loss());
            sink.f64(step.seconds());
        }
        sink.varint(layerRows);
        sink.f64(layerSeconds);
        sink.varint(jobs);
        sink.f64(seconds);
        return sink.finish();
    }

    private static void write(ByteSink sink, Loss loss) {
        sink.f64(loss.value());
        sink.f64(loss.low());
        sink.f64(loss.high());
    }

    /**
     * The table that {@link #toBytes()} wrote.
     *
     * @throws FiresteelException {@code CALIBRATION_DAMAGED} where the bytes are no such table
     */
    public static SensitivityTable fromBytes(byte[] bytes) {
        ByteSource source = new ByteSource("sensitivity", bytes, MAGIC, VERSION);
        String plan = source.text();
        String metric = source.text();
        double bound = source.f64();
        List<Layer> layers = new ArrayList<>();
        for (long i = count(source); i > 0; i--) {
            LayerEffect effect = new LayerEffect(source.text(), source.f64(), source.f64(), loss(source));
            layers.add(new Layer(effect, source.text(), source.text(), source.f64()));
        }
        List<SearchStep> steps = new ArrayList<>();
        for (long i = count(source); i > 0; i--) {
            steps.add(new SearchStep(part(source), (int) count(source), source.varint(), source.f64(), source.f64(), loss(source), source.f64()));
        }
        SensitivityTable table = new SensitivityTable(plan, metric, bound, layers, steps, source.varint(), source.f64(), source.varint(),
                source.f64());
        source.require(source.atEnd(), "bytes after its end");
        return table;
    }

    private static long count(ByteSource source) {
        long count = source.varint();
        source.require(count <= MOST, "too many entries");
        return count;
    }

    private static Loss loss(ByteSource source) {
        return new Loss(source.f64(), source.f64(), source.f64());
    }

    private static Part part(ByteSource source) {
        String name = source.text();
        try {
            return Part.valueOf(name);
        } catch (IllegalArgumentException e) {
            source.require(false, "a part '" + name + "'");
            throw e;
        }
    }
}
