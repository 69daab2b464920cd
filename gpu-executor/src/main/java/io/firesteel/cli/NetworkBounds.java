package io.firesteel.cli;

import io.firesteel.FiresteelException;
import io.firesteel.plan.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How far networks may be off: a table with a column for each precision. */
final class NetworkBounds {

    /** The bound of fp32 where the table has none. */
    static final double FP32 = 1e-3;

    private NetworkBounds() { }

    /** By network; empty where there is no table and the precision is fp32. */
    static Map<String, Double> read(Path file, Precision precision) {
        Map<String, Double> bounds = new HashMap<>();
        if (!Files.exists(file)) {
            if (precision != Precision.FP32) {
                throw FiresteelException.user("BOUNDS_MISSING", "there is no '" + file + "' with bounds for " + precision.label());
            }
            return bounds;
        }
        try {
            List<String> lines = Files.readAllLines(file);
            int column = Arrays.asList(lines.get(0).split(",")).indexOf(precision.label());
            for (String line : lines.subList(1, lines.size())) {
                String[] cells = line.split(",");
                bounds.put(cells[0], Double.parseDouble(cells[column]));
            }
            return bounds;
        } catch (IOException | IndexOutOfBoundsException | NumberFormatException e) {
            throw new FiresteelException("BOUNDS_UNREADABLE", FiresteelException.Kind.USER, null,
                    "'" + file + "' has no readable column " + precision.label(), e);
        }
    }
}
