package io.firesteel.calibration.cache;

import io.firesteel.FiresteelException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The first line of a TensorRT calibration cache, {@code TRT-VERSION-CALIBRATOR}. TensorRT takes a cache only where
 * both are its own.
 *
 * @param version the version digits as TensorRT writes them, for example {@code 8601} for 8.6.1
 * @param calibrator letters and digits, for example {@code EntropyCalibration2} or {@code MinMaxCalibration}
 */
public record CacheHeader(String version, String calibrator) {

    private static final int EXCERPT = 80;
    private static final Pattern LINE = Pattern.compile("TRT-([0-9]{1,9})-([A-Za-z0-9]{1,100})");

    /** {@code TRT-8601-EntropyCalibration2}. */
    public static final CacheHeader DEFAULT = new CacheHeader("8601", "EntropyCalibration2");

    /** @throws FiresteelException {@code CALIBRATION_CACHE} where the two make no header */
    public CacheHeader {
        parts("TRT-" + version + "-" + calibrator);
    }

    /**
     * The header of a line.
     *
     * @throws FiresteelException {@code CALIBRATION_CACHE} where the line is none
     */
    public static CacheHeader parse(String line) {
        Matcher parts = parts(line);
        return new CacheHeader(parts.group(1), parts.group(2));
    }

    private static Matcher parts(String line) {
        Matcher parts = LINE.matcher(line);
        if (!parts.matches()) {
            throw FiresteelException.user("CALIBRATION_CACHE", "'" + excerpt(line)
                    + "' is no header of a TensorRT calibration cache: give one such as " + DEFAULT.line());
        }
        return parts;
    }

    /** The header as it stands in the file. */
    public String line() {
        return "TRT-" + version + "-" + calibrator;
    }

    /** The beginning of a text on one line, for a message. */
    static String excerpt(String text) {
        String part = text.length() <= EXCERPT ? text : text.substring(0, EXCERPT) + "...";
        return part.replaceAll("\\p{Cntrl}", "?");
    }
}
