package io.firesteel.calibration.threshold;

import io.firesteel.calibration.histogram.Histogram;
import java.util.Optional;

record MinMax() implements ThresholdMethod {

    @Override
    public String name() {
        return "min-max";
    }

    @Override
    public Optional<Threshold> choose(Histogram histogram) {
        return Distribution.of(histogram).map(seen -> seen.atLargest(name()));
    }
}
