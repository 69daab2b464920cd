package io.firesteel.spark.jobs;

import io.firesteel.FiresteelException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The arguments of a spark-submit main class: names and values in turn, {@code --name value}.
 *
 * @param values by name, without the dashes
 * @param usage what must be given, for the error where something is missing
 */
public record JobArguments(Map<String, String> values, String usage) {

    /**
     * Reads arguments.
     *
     * @param names the names there are
     * @throws FiresteelException where an argument is not one of them, or has no value
     */
    public static JobArguments of(String[] arguments, Set<String> names, String usage) {
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < arguments.length; i += 2) {
            String name = arguments[i].startsWith("--") ? arguments[i].substring(2) : "";
            if (!names.contains(name) || i + 1 == arguments.length) {
                throw FiresteelException.user("ARGUMENT_UNKNOWN", "argument '" + arguments[i] + "' is not one of --"
                        + String.join(", --", names.stream().sorted().toList()) + " with a value");
            }
            values.put(name, arguments[i + 1]);
        }
        return new JobArguments(Map.copyOf(values), usage);
    }

    /** The value of an argument that may be left out. */
    public Optional<String> get(String name) {
        return Optional.ofNullable(values.get(name));
    }

    /** The value of an argument that must be given. */
    public String required(String name) {
        return get(name).orElseThrow(() ->
                FiresteelException.user("ARGUMENT_MISSING", "argument --" + name + " is missing; give " + usage));
    }

    /** The number that an argument is, or another one where it is left out. */
    public double number(String name, double otherwise) {
        try {
            return get(name).map(Double::parseDouble).orElse(otherwise);
        } catch (NumberFormatException e) {
            throw FiresteelException.user("ARGUMENT_INVALID", "--" + name + " is '" + required(name) + "', which is no number");
        }
    }

    /** The whole number that an argument is, or another one where it is left out. */
    public int whole(String name, int otherwise) {
        try {
            return get(name).map(Integer::parseInt).orElse(otherwise);
        } catch (NumberFormatException e) {
            throw FiresteelException.user("ARGUMENT_INVALID", "--" + name + " is '" + required(name) + "': give a whole number up to "
                    + Integer.MAX_VALUE);
        }
    }

    /** Whether an argument is {@code true} rather than {@code false}, or another answer where it is left out. */
    public boolean flag(String name, boolean otherwise) {
        String text = get(name).orElse(Boolean.toString(otherwise));
        if (!text.equals("true") && !text.equals("false")) {
            throw FiresteelException.user("ARGUMENT_INVALID", "--" + name + " is '" + text + "': give true or false");
        }
        return text.equals("true");
    }
}
