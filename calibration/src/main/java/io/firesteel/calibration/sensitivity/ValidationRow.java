package io.firesteel.calibration.sensitivity;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/**
 * A row that networks are compared on.
 *
 * @param inputs the model's inputs one after the other, row-major and little endian
 * @param label the index of its class; 0 where the metric needs none
 * @param times how often the row occurs
 * @param reference what the fp32 network gives for it
 */
public record ValidationRow(byte[] inputs, long label, int times, Prediction reference) {

    private static final byte[] NO_INPUTS = {};

    /** The row in one array, of which {@link #fromBytes} makes it again. */
    public byte[] toBytes() {
        float[] values = reference.values();
        long size = Long.BYTES + 2L * Integer.BYTES + Byte.BYTES + (long) values.length * Float.BYTES + inputs.length;
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(size));
        bytes.putLong(label).putInt(times).put((byte) (reference.ranked() ? 1 : 0)).putInt(values.length);
        bytes.asFloatBuffer().put(values);
        return bytes.position(bytes.position() + values.length * Float.BYTES).put(inputs).array();
    }

    /** The row of which {@link #toBytes} made an array. */
    public static ValidationRow fromBytes(byte[] row) {
        ByteBuffer bytes = ByteBuffer.wrap(row);
        long label = bytes.getLong();
        int times = bytes.getInt();
        boolean ranked = bytes.get() != 0;
        float[] values = new float[bytes.getInt()];
        bytes.asFloatBuffer().get(values);
        byte[] inputs = Arrays.copyOfRange(row, bytes.position() + values.length * Float.BYTES, row.length);
        return new ValidationRow(inputs, label, times, new Prediction(values, ranked));
    }

    /** Compares a network with the fp32 network on rows. */
    public static Comparison compare(Iterator<ValidationRow> rows, Predictor candidate, Metric metric) {
        Comparison comparison = new Comparison(metric);
        List<ValidationRow> batch = new ArrayList<>();
        while (rows.hasNext()) {
            ValidationRow row = rows.next();
            candidate.stage(row.inputs());
            batch.add(new ValidationRow(NO_INPUTS, row.label(), row.times(), row.reference()));
            if (batch.size() == candidate.capacity() || !rows.hasNext()) {
                List<Prediction> predictions = candidate.run();
                for (int i = 0; i < batch.size(); i++) {
                    ValidationRow one = batch.get(i);
                    comparison.add(one.reference(), predictions.get(i), one.label(), one.times());
                }
                batch.clear();
            }
        }
        return comparison;
    }
}
