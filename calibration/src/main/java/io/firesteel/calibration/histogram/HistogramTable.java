package io.firesteel.calibration.histogram;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.bytes.ByteSink;
import io.firesteel.calibration.bytes.ByteSource;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The histograms of a network's tensors by ONNX value name, with the number of rows they have seen. Merging is exact,
 * associative and commutative, as that of {@link Histogram} is, and equal contents give equal bytes. Its memory is
 * bounded by tensors times bins, not by rows. Not safe for use by several threads.
 */
public final class HistogramTable {

    private static final byte[] MAGIC = {'F', 'S', 'H', 'T'};
    private static final int VERSION = 1;
    /** What the counts of a table that is read may take, so that a few hostile bytes cannot ask for more. */
    private static final long MAX_MEMORY = 1L << 30;

    private final int bins;
    private final SortedMap<String, Histogram> tensors = new TreeMap<>();
    private final SortedMap<String, ChannelMeans> means = new TreeMap<>();
    private long rows;
    private long skippedRows;

    /** An empty table whose histograms have {@value Histogram#DEFAULT_BINS} bins. */
    public HistogramTable() {
        this(Histogram.DEFAULT_BINS);
    }

    /**
     * An empty table.
     *
     * @param bins the bins of every histogram: a power of two from 256 to 65,536
     * @throws FiresteelException {@code CALIBRATION_OPTION} for any other number
     */
    public HistogramTable(int bins) {
        this.bins = Histogram.requireBins(bins);
    }

    /**
     * The histogram of a tensor, to observe into; a new, empty one where the table has none of this name yet.
     *
     * @param name the ONNX value name
     * @throws FiresteelException {@code CALIBRATION_OPTION} where the name is empty or no Unicode text
     */
    public Histogram tensor(String name) {
        if (name.isEmpty() || !StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
            throw FiresteelException.user("CALIBRATION_OPTION",
                    "'" + name + "' is no tensor name: it is empty or no Unicode text; name the value in the model");
        }
        return tensors.computeIfAbsent(name, absent -> new Histogram(bins));
    }

    /**
     * The means of a tensor's channels, to add rows to; new, empty ones where the table has none of this name yet.
     *
     * @param name the ONNX value name, of a tensor that has a histogram too
     */
    public ChannelMeans means(String name, int channels) {
        tensor(name);
        return means.computeIfAbsent(name, absent -> new ChannelMeans(channels));
    }

    /** The means of channels by tensor name, of the tensors whose means are known. */
    public Map<String, double[]> means() {
        Map<String, double[]> known = new TreeMap<>();
        means.forEach((name, each) -> {
            if (each.values().length > 0) {
                known.put(name, each.values());
            }
        });
        return known;
    }

    /**
     * Counts rows.
     *
     * @param observed rows whose activations were observed, 0 or more
     * @param skipped rows that were left out, for example for a null input, 0 or more
     */
    public void addRows(long observed, long skipped) {
        if (observed < 0 || skipped < 0) {
            throw new IllegalArgumentException("negative rows: " + observed + ", " + skipped);
        }
        long newRows = Histogram.sum(rows, observed);
        skippedRows = Histogram.sum(skippedRows, skipped);
        rows = newRows;
    }

    /**
     * Adds what another table has seen; the other stays as it is. A tensor that only one of them has is kept.
     *
     * @throws FiresteelException {@code CALIBRATION_MERGE} where the numbers of bins differ, or a count would pass
     *     2^63 - 1; after the latter this table is of no further use
     */
    public void merge(HistogramTable other) {
        if (other.bins != bins) {
            throw Histogram.differentBins(bins, other.bins);
        }
        addRows(other.rows, other.skippedRows);
        other.tensors.forEach((name, histogram) -> tensor(name).merge(histogram));
        other.means.forEach((name, each) -> {
            if (means.containsKey(name)) {
                means.get(name).merge(each);
            } else {
                means.put(name, each.copy());
            }
        });
    }

    /** The number of bins of every histogram. */
    public int bins() {
        return bins;
    }

    /** The rows observed. */
    public long rows() {
        return rows;
    }

    /** The rows left out. */
    public long skippedRows() {
        return skippedRows;
    }

    /** The histograms by tensor name: an unmodifiable view, sorted by the UTF-16 units of the name. */
    public SortedMap<String, Histogram> tensors() {
        return Collections.unmodifiableSortedMap(tensors);
    }

    /**
     * The table as a versioned sequence of bytes, little endian: magic "FSHT", version u16, log2(bins) u8, zero u8, as
     * varints the rows, the skipped rows and the number of tensors, for each tensor in the order of
     * {@link #tensors()} the length and the UTF-8 bytes of its name and the length and the bytes of its histogram, in the
     * same way the means of the tensors that have some, to the end, and a CRC-32C u32 of all that stands before.
     */
    public byte[] toBytes() {
        ByteSink sink = new ByteSink(MAGIC, VERSION);
        sink.u8(Integer.numberOfTrailingZeros(bins));
        sink.u8(0);
        sink.varint(rows);
        sink.varint(skippedRows);
        sink.varint(tensors.size());
        tensors.forEach((name, histogram) -> {
            sink.block(name.getBytes(StandardCharsets.UTF_8));
            sink.block(histogram.toBytes());
        });
        means.forEach((name, each) -> {
            sink.block(name.getBytes(StandardCharsets.UTF_8));
            sink.block(each.toBytes());
        });
        return sink.finish();
    }

    /**
     * The table that {@link #toBytes()} wrote.
     *
     * @throws FiresteelException {@code CALIBRATION_DAMAGED} where the bytes are truncated, changed, inconsistent, of a
     *     later version, or of a table whose counts would take more than 1 GiB
     */
    public static HistogramTable fromBytes(byte[] bytes) {
        ByteSource source = new ByteSource("table", bytes, MAGIC, VERSION);
        int log2Bins = source.u8();
        source.require(log2Bins >= 8 && log2Bins <= 16 && source.u8() == 0, "an impossible number of bins");
        HistogramTable table = new HistogramTable(1 << log2Bins);
        table.rows = source.varint();
        table.skippedRows = source.varint();
        long size = source.varint();
        source.require(size <= MAX_MEMORY / Long.BYTES / table.bins, "more than 1 GiB of counts");
        for (long i = 0; i < size; i++) {
            String name = new String(source.block(), StandardCharsets.UTF_8);
            Histogram histogram = Histogram.fromBytes(source.block());
            source.require(!name.isEmpty() && histogram.bins() == table.bins
                    && table.tensors.put(name, histogram) == null, "an impossible tensor");
        }
        while (!source.atEnd()) {
            String name = new String(source.block(), StandardCharsets.UTF_8);
            source.require(table.tensors.containsKey(name)
                    && table.means.put(name, ChannelMeans.fromBytes(source.block(), source)) == null, "impossible means");
        }
        source.require(Arrays.equals(table.toBytes(), bytes), "bytes that no table has");
        return table;
    }
}
