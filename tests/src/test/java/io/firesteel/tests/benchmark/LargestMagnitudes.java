package io.firesteel.tests.benchmark;

import io.firesteel.backend.Backends;
import io.firesteel.calibration.observe.ObserveOptions;
import io.firesteel.calibration.observe.RowObserver;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The largest magnitude of each of a plan's values on some rows: thresholds for figures of speed. */
final class LargestMagnitudes {

    private LargestMagnitudes() { }

    /**
     * Computes rows.
     *
     * @param device a device's label
     * @param inputs of each input the rows, one after the other
     * @param count how many there are
     * @param batch rows of a batch
     */
    static Map<String, Float> of(Plan plan, String device, List<ByteBuffer> inputs, int count, int batch) {
        ObserveOptions options = new ObserveOptions(batch, ObserveOptions.DEFAULT.bins(), 1, Long.MAX_VALUE);
        try (Engine engine = Engine.open(plan, Backends.device(device), EngineOptions.defaults().withSessions(1).withPrecision(Precision.FP32));
                RowObserver observer = new RowObserver(engine, options)) {
            rows(inputs, count).forEach(row -> observer.add(row, 1));
            Map<String, Float> largest = new HashMap<>();
            observer.finish().tensors().forEach((value, histogram) -> largest.put(value, histogram.largest()));
            return largest;
        }
    }

    /** The rows of several inputs, in each the inputs one after the other. */
    static List<byte[]> rows(List<ByteBuffer> inputs, int count) {
        List<ByteBuffer> all = inputs.stream().map(ByteBuffer::duplicate).toList();
        List<byte[]> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] row = new byte[inputs.stream().mapToInt(input -> input.remaining() / count).sum()];
            int at = 0;
            for (int input = 0; input < all.size(); input++) {
                int length = inputs.get(input).remaining() / count;
                all.get(input).get(row, at, length);
                at += length;
            }
            rows.add(row);
        }
        return rows;
    }
}
