package io.firesteel.spark.conf;

import io.firesteel.FiresteelException;
import java.util.function.Function;

/**
 * One configuration key.
 *
 * @param key the full key
 * @param defaultText the value where the key is not set
 * @param description what it does, in one or two sentences
 * @param expected what a value looks like, for errors and documentation
 * @param parser turns a value's text into the value; fails with IllegalArgumentException
 * @param <T> the value's type
 */
record Setting<T>(String key, String defaultText, String description, String expected, Function<String, T> parser) {

    T parse(String text) {
        try {
            return parser.apply(text.trim());
        } catch (IllegalArgumentException e) {
            throw FiresteelException.user("SETTING_INVALID", key + " is '" + text + "' but must be " + expected);
        }
    }

    static Setting<Integer> count(String key, int defaultValue, int least, String description) {
        return new Setting<>(key, Integer.toString(defaultValue), description, "a whole number of at least " + least, text -> {
            int value = Integer.parseInt(text);
            if (value < least) {
                throw new IllegalArgumentException(text);
            }
            return value;
        });
    }

    static Setting<Double> fraction(String key, double defaultValue, String description) {
        return new Setting<>(key, Double.toString(defaultValue), description, "a number above 0 and at most 1", text -> {
            double value = Double.parseDouble(text);
            if (!(value > 0 && value <= 1)) {
                throw new IllegalArgumentException(text);
            }
            return value;
        });
    }

    static Setting<String> text(String key, String defaultValue, String pattern, String expected, String description) {
        return new Setting<>(key, defaultValue, description, expected, text -> {
            if (!text.matches(pattern)) {
                throw new IllegalArgumentException(text);
            }
            return text;
        });
    }
}
