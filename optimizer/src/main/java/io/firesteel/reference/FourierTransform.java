package io.firesteel.reference;

/** The discrete Fourier transform of any length by recursive factoring (Cooley and Tukey, 1965). */
final class FourierTransform {

    private FourierTransform() { }

    /**
     * Transforms in place, without dividing by the length.
     *
     * @param real real parts
     * @param imaginary as many imaginary parts
     * @param inverse whether the exponent is positive
     */
    static void transform(double[] real, double[] imaginary, boolean inverse) {
        int n = real.length;
        int factor = smallestFactor(n);
        if (n < 2) {
            return;
        }
        int part = n / factor;
        double[][] reals = new double[factor][part];
        double[][] imaginaries = new double[factor][part];
        for (int i = 0; i < n; i++) {
            reals[i % factor][i / factor] = real[i];
            imaginaries[i % factor][i / factor] = imaginary[i];
        }
        for (int f = 0; f < factor; f++) {
            transform(reals[f], imaginaries[f], inverse);
        }
        for (int k = 0; k < n; k++) {
            double sumReal = 0;
            double sumImaginary = 0;
            for (int f = 0; f < factor; f++) {
                double angle = (inverse ? 2 : -2) * Math.PI * ((long) f * k % n) / n;
                double cosine = Math.cos(angle);
                double sine = Math.sin(angle);
                double x = reals[f][k % part];
                double y = imaginaries[f][k % part];
                sumReal += x * cosine - y * sine;
                sumImaginary += x * sine + y * cosine;
            }
            real[k] = sumReal;
            imaginary[k] = sumImaginary;
        }
    }

    private static int smallestFactor(int n) {
        for (int f = 2; (long) f * f <= n; f++) {
            if (n % f == 0) {
                return f;
            }
        }
        return n;
    }
}
