package io.firesteel.calibration.sensitivity;

import java.util.Locale;

/**
 * How much worse one network is than another on the same rows, with its 95% confidence interval.
 *
 * @param value the mean over the rows of what is lost
 * @param low the interval's lower end
 * @param high the interval's upper end; positive infinity where the rows say nothing
 */
public record Loss(double value, double low, double high) {

    private static final double Z = 1.959963984540054;
    private static final int HALVINGS = 60;

    /**
     * The loss of a share of rows, such as top-1, from the rows on which the two networks differ: the score interval of
     * T. Tango, Equivalence test and confidence interval for the difference in proportions for the paired-sample design,
     * Statistics in Medicine 17 (1998), 891-908: all differences D at which the score statistic
     * {@code (b - c - n D) / sqrt(n (2 q + D (1 - D)))} lies within the quantiles of the normal distribution, where q is the
     * maximum likelihood estimate of the share of {@code gained} rows given D. Without any differing row it reaches up to
     * {@code z^2 / (n + z^2)}.
     *
     * @param rows all rows
     * @param lost b, the rows that only the first network has right
     * @param gained c, the rows that only the second network has right
     */
    public static Loss ofCounts(long rows, long lost, long gained) {
        if (rows == 0) {
            return new Loss(Double.NaN, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
        }
        double value = (double) (lost - gained) / rows;
        return new Loss(value, -scoreLimit(rows, gained, lost), scoreLimit(rows, lost, gained));
    }

    private static double scoreLimit(double n, double b, double c) {
        double inside = (b - c) / n;
        double outside = 1;
        for (int i = 0; i < HALVINGS; i++) {
            double middle = (inside + outside) / 2;
            if (n * middle - (b - c) <= Z * Math.sqrt(Math.max(0, n * scoreVariance(n, b, c, middle)))) {
                inside = middle;
            } else {
                outside = middle;
            }
        }
        return outside;
    }

    private static double scoreVariance(double n, double b, double c, double difference) {
        double linear = (2 * n - b + c) * difference - b - c;
        double constant = -c * difference * (1 - difference);
        double share = (Math.sqrt(Math.max(0, linear * linear - 8 * n * constant)) - linear) / (4 * n);
        return 2 * share + difference * (1 - difference);
    }

    /**
     * The mean of a loss that is a real number for each row: Student's t interval, the quantile by the expansion 26.7.5 of
     * Abramowitz and Stegun, Handbook of Mathematical Functions. It supposes that means over as many rows are nearly normal.
     *
     * @param rows all rows
     * @param sum of the losses
     * @param squares sum of their squares
     */
    public static Loss ofSums(long rows, double sum, double squares) {
        double value = sum / rows;
        if (rows < 2) {
            return new Loss(value, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
        }
        double deviation = Math.sqrt(Math.max(0, squares - sum * value) / (rows - 1) / rows);
        double half = deviation == 0 ? 0 : student(rows - 1) * deviation;
        return new Loss(value, value - half, value + half);
    }

    private static double student(double freedom) {
        if (freedom == 1) {
            return 12.706204736432095;
        }
        double z3 = Z * Z * Z;
        double z5 = z3 * Z * Z;
        double z7 = z5 * Z * Z;
        return Z + (z3 + Z) / (4 * freedom) + (5 * z5 + 16 * z3 + 3 * Z) / (96 * freedom * freedom)
                + (3 * z7 + 19 * z5 + 17 * z3 - 15 * Z) / (384 * freedom * freedom * freedom);
    }

    /** Rows without any difference that prove that a share of rows loses no more than {@code bound}. */
    public static long rowsToProve(double bound) {
        return bound <= 0 ? Long.MAX_VALUE : bound >= 1 ? 1 : (long) Math.ceil(Z * Z * (1 - bound) / bound);
    }

    /** Whether a bound holds: no more than that is lost up to the interval's upper end. */
    public boolean within(double bound) {
        return high <= bound;
    }

    /** For example {@code 0.0012 (95% interval -0.0003 to 0.0027)}. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.4g (95%% interval %.4g to %.4g)", value, low, high);
    }
}
