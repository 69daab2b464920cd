package io.firesteel.calibration.sensitivity;

import io.firesteel.FiresteelException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What the accuracy of a network is measured by, row by row. */
public enum Metric {

    /** Share of rows whose label has the highest score. */
    TOP1(true, true) {
        @Override
        double value(Prediction reference, Prediction candidate, long label) {
            return candidate.holds(label, 1) ? 1 : 0;
        }
    },

    /** Share of rows whose label is among the five highest scores. */
    TOP5(true, true) {
        @Override
        double value(Prediction reference, Prediction candidate, long label) {
            return candidate.holds(label, 5) ? 1 : 0;
        }
    },

    /** Mean squared difference of an output element from the fp32 network's. */
    MSE(false, false) {
        @Override
        double value(Prediction reference, Prediction candidate, long label) {
            double sum = 0;
            for (int i = 0; i < reference.values().length; i++) {
                double difference = (double) reference.values()[i] - candidate.values()[i];
                sum += difference * difference;
            }
            return sum / reference.values().length;
        }
    },

    /** Cosine of the angle between a row's outputs and the fp32 network's. */
    COSINE(false, true) {
        @Override
        double value(Prediction reference, Prediction candidate, long label) {
            return cosine(reference.values(), candidate.values());
        }
    };

    private final boolean labelled;
    private final boolean higherIsBetter;

    Metric(boolean labelled, boolean higherIsBetter) {
        this.labelled = labelled;
        this.higherIsBetter = higherIsBetter;
    }

    /**
     * The metric's value for one row.
     *
     * @param reference what the fp32 network gave
     * @param candidate what the network gave whose value is asked for
     * @param label the index of the row's class; not looked at by metrics that need no label
     */
    abstract double value(Prediction reference, Prediction candidate, long label);

    /** Whether rows need a label; the metric is then a share of rows. */
    public boolean labelled() {
        return labelled;
    }

    /** What is lost from one value to another; positive where the second is worse. */
    double loss(double reference, double candidate) {
        return higherIsBetter ? reference - candidate : candidate - reference;
    }

    /** The name users write: {@code top1}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The metric of that name. */
    public static Metric parse(String name) {
        return Arrays.stream(values()).filter(metric -> metric.label().equalsIgnoreCase(name)).findFirst()
                .orElseThrow(() -> FiresteelException.user("METRIC_UNKNOWN", "metric '" + name + "' is not one of "
                        + Arrays.stream(values()).map(Metric::label).collect(Collectors.joining(", "))));
    }

    static double cosine(float[] a, float[] b) {
        double dot = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            dot += (double) a[i] * b[i];
            aa += (double) a[i] * a[i];
            bb += (double) b[i] * b[i];
        }
        return aa == 0 && bb == 0 ? 1 : aa == 0 || bb == 0 ? 0 : dot / Math.sqrt(aa) / Math.sqrt(bb);
    }
}
