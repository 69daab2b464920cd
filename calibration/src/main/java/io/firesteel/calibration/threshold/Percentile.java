package io.firesteel.calibration.threshold;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.histogram.Histogram;
import java.util.Optional;

record Percentile(double percent) implements ThresholdMethod {

    static final double DEFAULT = 99.99;
    /** Clipping more than half of the elements is no calibration: a smaller number is a share that was taken for a percentage. */
    static final double LEAST = 50;

    private static final String PREFIX = "percentile:";

    Percentile {
        if (!(percent >= LEAST && percent <= 100)) {
            throw FiresteelException.user("CALIBRATION_OPTION", "percentile " + percent + ": give a percentage from " + LEAST
                    + " to 100, such as 99.99"
                    + (percent > 0 && percent <= 1 ? "; a share of " + percent + " is percentile " + 100 * percent : ""));
        }
    }

    static ThresholdMethod parse(String name) {
        if (name.startsWith(PREFIX)) {
            try {
                return new Percentile(Double.parseDouble(name.substring(PREFIX.length())));
            } catch (NumberFormatException e) {
                throw unknown(name);
            }
        }
        throw unknown(name);
    }

    private static FiresteelException unknown(String name) {
        return FiresteelException.user("CALIBRATION_OPTION", "no calibration method '" + name
                + "': give min-max, percentile, percentile:99.9, mse, entropy or auto");
    }

    @Override
    public String name() {
        return PREFIX + percent;
    }

    @Override
    public Optional<Threshold> choose(Histogram histogram) {
        return Distribution.of(histogram).map(this::choose);
    }

    private Threshold choose(Distribution seen) {
        double needed = percent / 100 * seen.finite();
        int cut = 1;
        while (cut < seen.used() && seen.below(cut) < needed) {
            cut++;
        }
        return cut == seen.used() ? seen.atLargest(name()) : seen.atCut(name(), cut);
    }
}
