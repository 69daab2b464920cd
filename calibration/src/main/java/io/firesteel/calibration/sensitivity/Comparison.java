package io.firesteel.calibration.sensitivity;

import io.firesteel.calibration.bytes.ByteSink;
import io.firesteel.calibration.bytes.ByteSource;
import java.io.Serializable;

/**
 * Sums over rows that two networks computed, the fp32 network and a candidate. Merging in the same order gives the same bits;
 * the counts are exact in any order. Not safe for use by several threads.
 */
public final class Comparison implements Serializable {

    private static final long serialVersionUID = 1;
    private static final double DECIBEL = 10;
    private static final byte[] MAGIC = {'F', 'S', 'C', 'P'};

    private final Metric metric;
    private long rows;
    private long lost;
    private long gained;
    private double reference;
    private double candidate;
    private double loss;
    private double lossSquares;
    private double signal;
    private double noise;
    private double cosine;

    /** @param metric by which the two are compared */
    public Comparison(Metric metric) {
        this.metric = metric;
    }

    /**
     * Adds a row.
     *
     * @param fp32 what the fp32 network gave
     * @param other what the candidate gave, as many values
     * @param label the row's class, where the metric needs it
     * @param times how often the row occurs
     */
    public void add(Prediction fp32, Prediction other, long label, int times) {
        double first = metric.value(fp32, fp32, label);
        double second = metric.value(fp32, other, label);
        double difference = metric.loss(first, second);
        rows += times;
        lost += difference > 0 ? times : 0;
        gained += difference < 0 ? times : 0;
        reference += first * times;
        candidate += second * times;
        loss += difference * times;
        lossSquares += difference * difference * times;
        if (!fp32.ranked()) {
            double power = 0;
            double error = 0;
            for (int i = 0; i < fp32.values().length; i++) {
                double value = fp32.values()[i];
                power += value * value;
                error += (value - other.values()[i]) * (value - other.values()[i]);
            }
            signal += power * times;
            noise += error * times;
            cosine += Metric.cosine(fp32.values(), other.values()) * times;
        }
    }

    /** Adds the rows of another comparison. */
    public Comparison merge(Comparison other) {
        rows += other.rows;
        lost += other.lost;
        gained += other.gained;
        reference += other.reference;
        candidate += other.candidate;
        loss += other.loss;
        lossSquares += other.lossSquares;
        signal += other.signal;
        noise += other.noise;
        cosine += other.cosine;
        return this;
    }

    /** The sums as a versioned record with a checksum. */
    public byte[] toBytes() {
        ByteSink sink = new ByteSink(MAGIC, 1);
        sink.text(metric.name());
        for (long count : new long[] {rows, lost, gained}) {
            sink.varint(count);
        }
        for (double sum : new double[] {reference, candidate, loss, lossSquares, signal, noise, cosine}) {
            sink.f64(sum);
        }
        return sink.finish();
    }

    /**
     * The sums that {@link #toBytes()} wrote.
     *
     * @throws io.firesteel.FiresteelException {@code CALIBRATION_DAMAGED} where the bytes are no such record
     */
    public static Comparison fromBytes(byte[] bytes) {
        ByteSource source = new ByteSource("comparison", bytes, MAGIC, 1);
        Comparison read = new Comparison(Metric.parse(source.text()));
        read.rows = source.varint();
        read.lost = source.varint();
        read.gained = source.varint();
        read.reference = source.f64();
        read.candidate = source.f64();
        read.loss = source.f64();
        read.lossSquares = source.f64();
        read.signal = source.f64();
        read.noise = source.f64();
        read.cosine = source.f64();
        source.require(source.atEnd(), "bytes after its end");
        return read;
    }

    /** How many rows. */
    public long rows() {
        return rows;
    }

    /** The metric of the fp32 network; NaN without rows. */
    public double reference() {
        return reference / rows;
    }

    /** The metric of the candidate; NaN without rows. */
    public double candidate() {
        return candidate / rows;
    }

    /** What the candidate loses. */
    public Loss loss() {
        return metric.labelled() ? Loss.ofCounts(rows, lost, gained) : Loss.ofSums(rows, loss, lossSquares);
    }

    /** Power of the fp32 network's outputs over that of the difference, in decibels; infinite for equal ones, NaN where unknown. */
    public double signalToNoise() {
        return signal == 0 && noise == 0 ? Double.NaN : DECIBEL * Math.log10(signal / noise);
    }

    /** The mean cosine of the angle between the outputs of a row; NaN where outputs are no scores. */
    public double cosine() {
        return signal == 0 && noise == 0 ? Double.NaN : cosine / rows;
    }
}
