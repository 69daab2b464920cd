package io.firesteel.calibration.threshold;

import io.firesteel.calibration.histogram.Histogram;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

record Auto() implements ThresholdMethod {

    @Override
    public String name() {
        return "auto";
    }

    @Override
    public Optional<Threshold> choose(Histogram histogram) {
        return Stream.of(ThresholdMethod.entropy(), ThresholdMethod.meanSquaredError())
                .flatMap(method -> method.choose(histogram).stream())
                .min(Comparator.comparingDouble(Threshold::meanSquaredError));
    }
}
