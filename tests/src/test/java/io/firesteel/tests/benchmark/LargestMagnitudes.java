package io.firesteel.tests.benchmark;

import io.firesteel.backend.Backends;
import io.firesteel.calibration.observe.ObserveOptions;
import io.firesteel.calibration.observe.RowObserver;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/** The largest magnitude of each of a plan's values on some rows: thresholds for figures of speed. */
final class LargestMagnitudes {

    private LargestMagnitudes() { }

    /**
     * Computes rows.
     *
     * @param device a device's label
     * @param rows the rows of the only input, one after the other
     * @param count how many there are
     * @param batch rows of a batch
     */
    static Map<String, Float> of(Plan plan, String device, ByteBuffer rows, int count, int batch) {
        ObserveOptions options = new ObserveOptions(batch, ObserveOptions.DEFAULT.bins(), 1, Long.MAX_VALUE);
        try (Engine engine = Engine.open(plan, Backends.device(device), EngineOptions.defaults().withSessions(1).withPrecision(Precision.FP32))) {
            RowObserver observer = new RowObserver(engine, options);
            byte[] row = new byte[rows.remaining() / count];
            for (int i = 0; i < count; i++) {
                rows.get(row);
                observer.add(row, 1);
            }
            Map<String, Float> largest = new HashMap<>();
            observer.finish().tensors().forEach((value, histogram) -> largest.put(value, histogram.largest()));
            return largest;
        }
    }
}
