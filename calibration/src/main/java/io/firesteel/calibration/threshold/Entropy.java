package io.firesteel.calibration.threshold;

import io.firesteel.calibration.histogram.Histogram;
import java.util.Optional;

record Entropy() implements ThresholdMethod {

    private static final int LEVELS = 128;

    @Override
    public String name() {
        return "entropy";
    }

    @Override
    public Optional<Threshold> choose(Histogram histogram) {
        return Distribution.of(histogram).map(seen -> seen.atCut(name(), bestCut(seen)));
    }

    private static int bestCut(Distribution seen) {
        Divergence divergence = new Divergence(seen);
        double best = Double.POSITIVE_INFINITY;
        int bestCut = seen.used();
        for (int cut = LEVELS; cut <= seen.used(); cut++) {
            double found = divergence.at(cut);
            if (found < best) {
                best = found;
                bestCut = cut;
            }
        }
        return bestCut;
    }

    /** The Kullback-Leibler divergence at a cut. StrictMath, since Math's logarithm may differ between machines. */
    private static final class Divergence {

        private final double[] counts;
        private final double[] logs;
        private final double[] below;
        private final double total;

        Divergence(Distribution seen) {
            int used = seen.used();
            counts = new double[used];
            logs = new double[used];
            below = new double[used + 1];
            for (int i = 0; i < used; i++) {
                counts[i] = seen.count(i == 0 ? 1 : i);
                logs[i] = counts[i] == 0 ? 0 : StrictMath.log(counts[i]);
                below[i + 1] = below[i] + counts[i];
            }
            total = below[used];
        }

        /**
         * With p = c / total and q = (level's sum / level's used bins) / kept, the sum of p ln(p / q) is the sum of
         * c ln(c used / sum) over the total, plus ln(kept / total). An empty last bin that takes what lies beyond the
         * cut makes it infinite.
         */
        double at(int cut) {
            double beyond = total - below[cut];
            if (counts[cut - 1] == 0 && beyond > 0) {
                return Double.POSITIVE_INFINITY;
            }
            double divergence = 0;
            int start = 0;
            for (int level = 0; level < LEVELS; level++) {
                int end = (cut * (level + 1) + LEVELS - 1) / LEVELS;
                int filled = 0;
                for (int i = start; i < end; i++) {
                    filled += counts[i] > 0 ? 1 : 0;
                }
                if (filled > 0) {
                    double log = StrictMath.log((below[end] - below[start]) / filled);
                    int whole = Math.min(end, cut - 1);
                    for (int i = start; i < whole; i++) {
                        divergence += counts[i] * (logs[i] - log);
                    }
                    if (end == cut) {
                        double last = counts[cut - 1] + beyond;
                        divergence += last * (StrictMath.log(last) - log);
                    }
                }
                start = end;
            }
            return divergence / total + StrictMath.log(below[cut] / total);
        }
    }
}
