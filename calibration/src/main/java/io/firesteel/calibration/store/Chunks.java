package io.firesteel.calibration.store;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.histogram.HistogramTable;
import io.firesteel.calibration.sample.ContentHash;
import io.firesteel.calibration.sample.Sample;
import io.firesteel.calibration.table.CalibrationTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The chunks of one sample: which are finished, and the calibration that follows from all of them. */
public final class Chunks {

    private final CalibrationFolder folder;
    private final String planHash;
    private final String observation;
    private final CalibrationRequest request;
    private final Map<Integer, String> keys = new LinkedHashMap<>();
    private final List<Integer> pending = new ArrayList<>();

    /**
     * @param device where rows are observed, as text
     * @throws FiresteelException {@code CALIBRATION_DATA} where the sample has no row
     */
    public Chunks(CalibrationFolder folder, String planHash, String device, CalibrationRequest request, Sample sample) {
        if (sample.rows() == 0) {
            throw FiresteelException.user("CALIBRATION_DATA", "the data has no row to calibrate with: give one whose inputs are"
                    + " not null");
        }
        this.folder = folder;
        this.planHash = planHash;
        this.observation = request.observation(device);
        this.request = request;
        for (int i = 0; i < ContentHash.CHUNKS; i++) {
            if (!sample.chunks().get(i).isEmpty()) {
                keys.put(i, sample.key(i, planHash, observation));
            }
        }
        keys.forEach((chunk, key) -> {
            if (folder.chunk(key).isEmpty()) {
                pending.add(chunk);
            }
        });
    }

    /** The chunks to compute. */
    public List<Integer> pending() {
        return List.copyOf(pending);
    }

    /** How many chunks an earlier run had finished. */
    public int reused() {
        return keys.size() - pending.size();
    }

    /** The key of a chunk, under which it is stored. */
    public String key(int chunk) {
        return keys.get(chunk);
    }

    /**
     * Merges the chunks, all of which are finished, and stores the calibration.
     *
     * @param skipped rows left out because an input is null
     */
    public CalibrationTable finish(long skipped) {
        HistogramTable all = new HistogramTable(request.observe().bins());
        keys.values().forEach(key -> all.merge(folder.chunk(key)
                .orElseThrow(() -> FiresteelException.internal("calibration chunk " + key + " vanished", null))));
        all.addRows(0, skipped);
        CalibrationTable table = CalibrationTable.of(planHash, request.thresholds(), request.percentile(), observation, all);
        folder.write(table);
        folder.keepOnly(Set.copyOf(keys.values()));
        return table;
    }
}
