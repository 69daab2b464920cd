package io.firesteel.calibration.cache;

import io.firesteel.FiresteelException;
import io.firesteel.plan.Plan;
import io.firesteel.quant.Equalizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A TensorRT calibration cache: a header line, then for each tensor a line {@code NAME: HEX}, where HEX is the scale,
 * threshold / 127, as the hexadecimal digits of its IEEE 754 single-precision bits, most significant first.
 *
 * @param header the header line
 * @param scales the scale by tensor name, in the order of the file; no name is empty or has a line break, every scale
 *     is finite and at least 0 (0 gives no range). Unmodifiable
 */
public record CalibrationCache(CacheHeader header, Map<String, Float> scales) {

    private static final int LEVELS = 127;
    private static final long MAX_BYTES = 64L << 20;
    private static final String SEPARATOR = ": ";
    private static final Pattern HEX = Pattern.compile("[0-9a-fA-F]{1,8}");

    /** @throws FiresteelException {@code CALIBRATION_CACHE} where a name or a scale cannot stand in a cache */
    public CalibrationCache {
        Objects.requireNonNull(header);
        scales = Collections.unmodifiableMap(new LinkedHashMap<>(scales));
        scales.forEach((name, scale) -> {
            if (name.isEmpty() || name.indexOf('\n') >= 0 || name.indexOf('\r') >= 0) {
                throw wrong("tensor name '" + CacheHeader.excerpt(name)
                        + "' is empty or has a line break: rename the tensor");
            }
            if (!(scale >= 0 && scale <= Float.MAX_VALUE)) {
                throw wrong("tensor '" + CacheHeader.excerpt(name) + "' has the scale " + scale
                        + ", which is not finite and at least 0: calibrate again");
            }
        });
    }

    /**
     * A cache of thresholds.
     *
     * @param thresholds the magnitude that becomes 127, by tensor name, in the order the file shall have
     */
    public static CalibrationCache ofThresholds(CacheHeader header, Map<String, Double> thresholds) {
        Map<String, Float> scales = new LinkedHashMap<>();
        thresholds.forEach((name, threshold) -> scales.put(name, (float) (threshold / LEVELS)));
        return new CalibrationCache(header, scales);
    }

    /**
     * Refuses plans whose values are not those of the model they were made from: a cache must not come from them, nor go to them.
     *
     * @throws FiresteelException {@code CALIBRATION_CACHE} where the plan is equalized
     */
    public static void requireOriginal(Plan plan) {
        if (Equalizer.isEqualized(plan.provenance())) {
            throw FiresteelException.user("CALIBRATION_CACHE", "model '" + plan.name() + "' is equalized, so its tensors are not those of"
                    + " the original model, and a TensorRT cache fits only those: take the original for caches, or calibrate this one on data");
        }
    }

    /** The thresholds, scale x 127, by tensor name, in the order of the file. */
    public Map<String, Double> thresholds() {
        Map<String, Double> thresholds = new LinkedHashMap<>();
        scales.forEach((name, scale) -> thresholds.put(name, (double) scale * LEVELS));
        return thresholds;
    }

    /** The bytes of the file: UTF-8, line feeds, the last line ended too. */
    public byte[] toBytes() {
        StringBuilder text = new StringBuilder(header.line()).append('\n');
        scales.forEach((name, scale) -> text.append(name).append(SEPARATOR)
                .append(HexFormat.of().toHexDigits(Float.floatToIntBits(scale + 0.0f))).append('\n'));
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * The cache in a file's bytes. Line breaks may be LF or CR LF, and empty lines are passed over.
     *
     * @throws FiresteelException {@code CALIBRATION_CACHE} where the bytes are no cache; the message names the line
     */
    public static CalibrationCache fromBytes(byte[] bytes) {
        String[] lines = decode(bytes).split("\r?\n", -1);
        CacheHeader header = CacheHeader.parse(lines[0]);
        Map<String, Float> scales = new LinkedHashMap<>();
        for (int i = 1; i < lines.length; i++) {
            if (!lines[i].isEmpty()) {
                addLine(scales, lines[i], i + 1);
            }
        }
        return new CalibrationCache(header, scales);
    }

    private static void addLine(Map<String, Float> scales, String line, int number) {
        int end = line.lastIndexOf(SEPARATOR);
        String hex = end < 1 ? "" : line.substring(end + SEPARATOR.length());
        if (!HEX.matcher(hex).matches()) {
            throw wrong("line " + number + ", '" + CacheHeader.excerpt(line)
                    + "', is not 'name: hexadecimal scale': export the cache again");
        }
        String name = line.substring(0, end);
        float scale = Float.intBitsToFloat(Integer.parseUnsignedInt(hex, 16));
        if (!(scale >= 0 && scale <= Float.MAX_VALUE)) {
            throw wrong("line " + number + ", tensor '" + CacheHeader.excerpt(name) + "', has the scale " + scale
                    + ", which is not finite and at least 0: export the cache again");
        }
        if (scales.put(name, scale) != null) {
            throw wrong("line " + number + " gives tensor '" + CacheHeader.excerpt(name)
                    + "' a second scale: export the cache again");
        }
    }

    /**
     * Writes the file, or replaces it.
     *
     * @throws FiresteelException {@code OUTPUT_UNWRITABLE} where it cannot be written
     */
    public void write(Path file) {
        try {
            Files.write(file, toBytes());
        } catch (IOException e) {
            throw new FiresteelException("OUTPUT_UNWRITABLE", FiresteelException.Kind.USER, null, file + " cannot be written: " + e, e);
        }
    }

    /**
     * Reads a file.
     *
     * @throws FiresteelException {@code CALIBRATION_CACHE} where it is no cache, or larger than 64 MiB, or cannot be read
     */
    public static CalibrationCache read(Path file) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw wrong(file + " is larger than " + (MAX_BYTES >> 20) + " MiB: give a calibration cache");
            }
            return fromBytes(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new FiresteelException("CALIBRATION_CACHE", FiresteelException.Kind.USER, null, file + " cannot be read: " + e, e);
        }
    }

    private static String decode(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw wrong("the bytes are no UTF-8 text: give a calibration cache");
        }
    }

    private static FiresteelException wrong(String message) {
        return FiresteelException.user("CALIBRATION_CACHE", "TensorRT calibration cache: " + message);
    }
}
