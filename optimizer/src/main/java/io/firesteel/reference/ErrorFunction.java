package io.firesteel.reference;

/**
 * The Gauss error function in double precision: its Maclaurin series below 2.5, the continued fraction of the complementary
 * function above (Abramowitz and Stegun, 7.1.6 and 7.1.14).
 */
final class ErrorFunction {

    private static final double SERIES_LIMIT = 2.5;
    private static final int FRACTION_TERMS = 60;

    private ErrorFunction() { }

    static double erf(double x) {
        double magnitude = Math.abs(x);
        if (Double.isNaN(x)) {
            return x;
        }
        if (magnitude > 6) {
            return Math.signum(x);
        }
        double value = magnitude < SERIES_LIMIT ? series(magnitude) : 1 - complement(magnitude);
        return x < 0 ? -value : value;
    }

    private static double series(double x) {
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return sum * 2 / Math.sqrt(Math.PI) * Math.exp(-x * x);
    }

    private static double complement(double x) {
        double fraction = x;
        for (int n = FRACTION_TERMS; n > 0; n--) {
            fraction = x + n / 2.0 / fraction;
        }
        return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
    }
}
