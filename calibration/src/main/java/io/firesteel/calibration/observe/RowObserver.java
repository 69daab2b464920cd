package io.firesteel.calibration.observe;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Memory;
import io.firesteel.backend.TensorSummary;
import io.firesteel.calibration.histogram.Histogram;
import io.firesteel.calibration.histogram.HistogramTable;
import io.firesteel.engine.ActivationObserver;
import io.firesteel.engine.Engine;
import io.firesteel.engine.Observation;
import io.firesteel.engine.ObservedBatch;
import io.firesteel.engine.SummaryForm;
import io.firesteel.memory.NativeMemory;
import io.firesteel.quant.QuantizableValues;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Feeds rows through an engine in batches of one size and fills a table of histograms and means of channels; activations are dropped batch by
 * batch. The same rows in the same order give the same table. Closed before its engine. Not safe for use by several threads.
 */
public final class RowObserver implements AutoCloseable {

    private final Observation observation;
    private final HistogramTable table;
    private final Histogram[] histograms;
    private final int[] strides;
    private final Sight sight = new Sight();
    private final int[] channelAxes;
    private final List<Memory> staging = new ArrayList<>();
    private final boolean stagesAhead;
    private final ByteBuffer[][] inputs;
    private final int[] rowBytes;
    private final List<byte[]> waiting = new ArrayList<>();
    private int turn;
    private int staged;
    private ObservedBatch computed;
    private long copiedBytes;

    /**
     * @param engine computes in fp32
     * @throws FiresteelException {@code CALIBRATION_OPTION} where an input's batch would take 2 GiB or more
     */
    public RowObserver(Engine engine, ObserveOptions options) {
        rowBytes = new int[engine.signature().inputs().size()];
        for (int i = 0; i < rowBytes.length; i++) {
            rowBytes[i] = Math.toIntExact(engine.inputRowBytes(i));
            if ((long) rowBytes[i] * options.batchRows() > Integer.MAX_VALUE) {
                throw FiresteelException.user("CALIBRATION_OPTION", "batch = " + options.batchRows() + ": input "
                        + engine.signature().inputs().get(i) + " would take 2 GiB and more: compute fewer rows at once");
            }
        }
        observation = engine.observation(options.batchRows(), QuantizableValues.of(engine.plan().graph()));
        table = new HistogramTable(options.bins());
        histograms = observation.values().stream().map(table::tensor).toArray(Histogram[]::new);
        strides = new int[histograms.length];
        for (int i = 0; i < strides.length; i++) {
            strides[i] = observation.rowElements(i) >= options.strideFrom() ? options.stride() : 1;
        }
        Map<String, Integer> axes = QuantizableValues.channelAxes(engine.plan().graph());
        channelAxes = observation.values().stream().mapToInt(name -> axes.getOrDefault(name, -1)).toArray();
        stagesAhead = !engine.device().hostMemory();
        inputs = new ByteBuffer[stagesAhead ? 2 : 1][];
        for (int side = 0; side < inputs.length; side++) {
            inputs[side] = new ByteBuffer[rowBytes.length];
            for (int i = 0; i < rowBytes.length; i++) {
                Memory memory = engine.borrowHost(rowBytes[i] * observation.batchRows());
                staging.add(memory);
                inputs[side][i] = NativeMemory.view(memory.address(), rowBytes[i] * observation.batchRows());
            }
        }
    }

    /**
     * Adds a row.
     *
     * @param row the inputs one after the other, row-major and little endian; left as it is until {@link #finish}
     * @param times how often it is observed
     */
    public void add(byte[] row, int times) {
        for (int i = 0; i < times; i++) {
            waiting.add(row);
            if (waiting.size() == observation.batchRows()) {
                advance();
            }
        }
    }

    /**
     * Computes the batch that is staged, and meanwhile shows the one before and stages the rows that wait. A processor does one after
     * the other, so one batch of rows lies in native memory.
     */
    private void advance() {
        ObservedBatch before = computed;
        computed = null;
        if (staged == 0) {
            stage(before);
            if (stagesAhead || staged == 0) {
                return;
            }
        }
        int rows = staged;
        ByteBuffer[] batch = inputs[turn];
        turn = inputs.length - 1 - turn;
        staged = 0;
        computed = observation.run(rows, batch, sight, stagesAhead ? () -> stage(before) : () -> { });
        copiedBytes += computed.copiedBytes();
        table.addRows(rows, 0);
    }

    private void stage(ObservedBatch before) {
        if (before != null) {
            try (before) {
                before.show();
            }
        }
        staged = waiting.size();
        for (int i = 0; i < staged; i++) {
            int from = 0;
            for (int input = 0; input < rowBytes.length; input++) {
                inputs[turn][input].put(i * rowBytes[input], waiting.get(i), from, rowBytes[input]);
                from += rowBytes[input];
            }
        }
        waiting.clear();
    }

    /** Observes the rows that do not fill a batch, and gives the table. */
    public HistogramTable finish() {
        while (!waiting.isEmpty() || staged > 0 || computed != null) {
            advance();
        }
        return table;
    }

    /** Bytes of activations or summaries of them that were copied from the device so far. */
    public long copiedBytes() {
        return copiedBytes;
    }

    @Override
    public void close() {
        if (computed != null) {
            computed.close();
        }
        staging.forEach(Memory::close);
    }

    /** Fills the table with what a batch shows. */
    private final class Sight implements ActivationObserver {

        @Override
        public void observe(int value, int[] bits, int count) {
            histograms[value].observe(bits, count, strides[value]);
        }

        @Override
        public Optional<SummaryForm> summaryForm(int value) {
            return Optional.of(new SummaryForm(table.bins(), strides[value]));
        }

        @Override
        public void summary(int value, TensorSummary summary) {
            histograms[value].observe(summary, strides[value]);
            if (summary.channels().length > 0) {
                table.means(observation.values().get(value), summary.channels().length).add(summary);
            }
        }

        @Override
        public int channelAxis(int value) {
            return channelAxes[value];
        }

        @Override
        public void channels(int value, double[] sums, int positions) {
            table.means(observation.values().get(value), sums.length).add(sums, positions);
        }
    }
}
