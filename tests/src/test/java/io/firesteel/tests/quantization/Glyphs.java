package io.firesteel.tests.quantization;

import io.firesteel.engine.Engine;
import io.firesteel.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Labelled glyph images.
 *
 * @param images one after another, 32 rows of 32 values in 0..1 each
 * @param labels one class per image
 */
record Glyphs(float[] images, int[] labels) {

    private static final int PIXELS = 32 * 32;
    /** Rows scored at once. */
    static final int BATCH = 64;

    static Glyphs read(SparkSession session, Path parquet) {
        List<Row> rows = session.read().parquet(parquet.toString()).select("image", "label").collectAsList();
        float[] images = new float[rows.size() * PIXELS];
        int[] labels = new int[rows.size()];
        for (int i = 0; i < labels.length; i++) {
            List<Float> image = rows.get(i).getList(0);
            for (int p = 0; p < PIXELS; p++) {
                images[i * PIXELS + p] = image.get(p);
            }
            labels[i] = rows.get(i).getInt(1);
        }
        return new Glyphs(images, labels);
    }

    /** The images as the input of a network. */
    Tensor tensor() {
        return Tensor.floats(new long[] {rows(), 1, 32, 32}, images);
    }

    int rows() {
        return labels.length;
    }

    /** How many images get their label's class from a network that gives one score per class. */
    int right(Engine engine) {
        int right = 0;
        for (int from = 0; from < rows(); from += BATCH) {
            int count = Math.min(BATCH, rows() - from);
            float[] part = Arrays.copyOfRange(images, from * PIXELS, (from + count) * PIXELS);
            Tensor input = Tensor.floats(new long[] {count, 1, 32, 32}, part);
            Tensor scores = (Tensor) engine.evaluate(List.of(input)).get(0);
            int classes = Math.toIntExact(scores.elements() / count);
            for (int i = 0; i < count; i++) {
                int best = 0;
                for (int c = 1; c < classes; c++) {
                    if (scores.getDouble((long) i * classes + c) > scores.getDouble((long) i * classes + best)) {
                        best = c;
                    }
                }
                right += best == labels[from + i] ? 1 : 0;
            }
        }
        return right;
    }
}
