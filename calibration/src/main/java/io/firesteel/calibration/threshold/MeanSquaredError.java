package io.firesteel.calibration.threshold;

import io.firesteel.calibration.histogram.Histogram;
import java.util.Optional;

record MeanSquaredError() implements ThresholdMethod {

    @Override
    public String name() {
        return "mse";
    }

    @Override
    public Optional<Threshold> choose(Histogram histogram) {
        return Distribution.of(histogram).map(this::choose);
    }

    private Threshold choose(Distribution seen) {
        double best = Double.POSITIVE_INFINITY;
        int bestCut = seen.used();
        for (int cut = 1; cut < seen.used(); cut++) {
            double error = seen.squaredError(cut * seen.width());
            if (error < best) {
                best = error;
                bestCut = cut;
            }
        }
        return seen.squaredError(seen.largest()) < best ? seen.atLargest(name()) : seen.atCut(name(), bestCut);
    }
}
