package io.firesteel.cli;

import java.util.ArrayList;
import java.util.List;

/** Rows of text in aligned columns; numbers to the right. */
public final class Table {

    private final List<List<String>> rows = new ArrayList<>();

    /** A table with the names of its columns. */
    public Table(String... header) {
        rows.add(List.of(header));
    }

    /** Adds a row, a cell for each column. */
    public void row(Object... cells) {
        List<String> row = new ArrayList<>();
        for (Object cell : cells) {
            row.add(String.valueOf(cell));
        }
        rows.add(row);
    }

    @Override
    public String toString() {
        int columns = rows.get(0).size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                boolean number = row.get(i).matches("-?[0-9.,]+%?");
                line.append(i == 0 ? "" : "  ").append(String.format((number ? "%" : "%-") + Math.max(1, widths[i]) + "s", row.get(i)));
            }
            text.append(line.toString().stripTrailing()).append(System.lineSeparator());
        }
        return text.toString();
    }
}
