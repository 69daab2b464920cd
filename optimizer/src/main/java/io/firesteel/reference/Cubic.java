package io.firesteel.reference;

/** Keys' cubic convolution kernel (IEEE Transactions on Acoustics, Speech, and Signal Processing 29, 1981). */
final class Cubic {

    private Cubic() { }

    /** @param distance not negative */
    static double kernel(double distance, double a) {
        if (distance >= 2) {
            return 0;
        }
        return distance <= 1 ? ((a + 2) * distance - (a + 3)) * distance * distance + 1
                : ((distance - 5) * distance + 8) * distance * a - 4 * a;
    }
}
