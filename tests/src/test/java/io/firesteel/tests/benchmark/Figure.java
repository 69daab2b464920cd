package io.firesteel.tests.benchmark;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * One measurement.
 *
 * @param network its name
 * @param batch rows of a batch
 * @param tasks tasks at a time, of one thread each
 * @param rowsPerSecond Firesteel's
 * @param peerRowsPerSecond ONNX Runtime's better
 * @param peer how ONNX Runtime was run then
 */
record Figure(String network, int batch, int tasks, double rowsPerSecond, double peerRowsPerSecond, String peer) {

    double ratio() {
        return rowsPerSecond / peerRowsPerSecond;
    }

    private String column() {
        return "batch " + batch + ", " + tasks + (tasks == 1 ? " task" : " tasks");
    }

    /** One JSON object. */
    String json() {
        return String.format(Locale.ROOT, "{\"network\": \"%s\", \"batch\": %d, \"tasks\": %d, \"rowsPerSecond\": %.3f, "
                + "\"peerRowsPerSecond\": %.3f, \"peer\": \"%s\", \"ratio\": %.3f}", network, batch, tasks, rowsPerSecond,
                peerRowsPerSecond, peer, ratio());
    }

    static double geometricMean(List<Figure> figures) {
        return Math.exp(figures.stream().mapToDouble(f -> Math.log(f.ratio())).average().orElseThrow());
    }

    /** The ratios as a Markdown table: networks down, configurations across, geometric means and the worst below. */
    static String markdown(List<Figure> figures) {
        List<String> columns = figures.stream().sorted(Comparator.comparing(Figure::batch).reversed()
                .thenComparing(Figure::tasks)).map(Figure::column).distinct().toList();
        Map<String, List<Figure>> rows = figures.stream().collect(Collectors.groupingBy(Figure::network, TreeMap::new,
                Collectors.toList()));
        StringBuilder table = new StringBuilder("| network | " + String.join(" | ", columns) + " |\n|"
                + " --- |".repeat(columns.size() + 1) + "\n");
        rows.forEach((network, cells) -> {
            table.append("| ").append(network).append(" |");
            for (String column : columns) {
                table.append(cells.stream().filter(c -> c.column().equals(column)).findFirst()
                        .map(c -> String.format(Locale.ROOT, " %.2f |", c.ratio())).orElse(" |"));
            }
            table.append('\n');
        });
        table.append("| geometric mean |");
        for (String column : columns) {
            table.append(String.format(Locale.ROOT, " %.2f |",
                    geometricMean(figures.stream().filter(f -> f.column().equals(column)).toList())));
        }
        Figure worst = figures.stream().min(Comparator.comparingDouble(Figure::ratio)).orElseThrow();
        return table + String.format(Locale.ROOT, "%n%ngeometric mean of all %.3f; worst %.3f: %s, %s%n", geometricMean(figures),
                worst.ratio(), worst.network, worst.column());
    }
}
