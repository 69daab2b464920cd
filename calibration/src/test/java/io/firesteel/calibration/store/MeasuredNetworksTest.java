package io.firesteel.calibration.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.calibration.sensitivity.Comparison;
import io.firesteel.calibration.sensitivity.Evaluation;
import io.firesteel.calibration.sensitivity.Metric;
import io.firesteel.calibration.sensitivity.Part;
import io.firesteel.calibration.sensitivity.Prediction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeasuredNetworksTest {

    private static final List<Set<String>> NETWORKS = List.of(Set.of(), Set.of("a"), Set.of("a", "b"), Set.of("c"));

    @TempDir
    private Path directory;
    private CalibrationFolder folder;

    /** Measures networks, a number of them until it stops with an error. */
    private static final class Stopping implements Evaluation {

        private final List<Set<String>> measured = new ArrayList<>();
        private final int limit;
        private final String rows;

        Stopping(int limit, String rows) {
            this.limit = limit;
            this.rows = rows;
        }

        @Override
        public long rows(Part part) {
            return 3;
        }

        @Override
        public String contents(Part part) {
            return rows;
        }

        @Override
        public List<Comparison> compare(Part part, List<Set<String>> restored, Finished finished) {
            List<Comparison> all = new ArrayList<>();
            for (Set<String> layers : restored) {
                if (measured.size() == limit) {
                    throw new IllegalStateException("stopped");
                }
                Comparison one = new Comparison(Metric.COSINE);
                one.add(new Prediction(new float[] {1, 2}, false), new Prediction(new float[] {1, 2 + layers.size() / 3f}, false), 0, 3);
                measured.add(layers);
                all.add(one);
                finished.measured(all.size() - 1, one);
            }
            return all;
        }
    }

    @BeforeEach
    void open() {
        folder = CalibrationFolder.of(directory.resolve("network.plan").toUri().toString(), new Configuration());
    }

    private List<byte[]> compare(Stopping evaluation, String options) {
        return new MeasuredNetworks(evaluation, folder, options).compare(Part.SELECTION, NETWORKS, (index, one) -> { }).stream()
                .map(Comparison::toBytes).toList();
    }

    @Test
    void aStoppedPassGoesOnWhereItWas() {
        Stopping first = new Stopping(2, "rows");
        assertThatThrownBy(() -> compare(first, "options")).hasMessage("stopped");
        Stopping second = new Stopping(9, "rows");
        List<byte[]> resumed = compare(second, "options");
        assertThat(second.measured).containsExactly(Set.of("a", "b"), Set.of("c"));
        assertThat(resumed).usingRecursiveComparison().isEqualTo(new Stopping(9, "rows").compare(Part.SELECTION, NETWORKS, (i, one) -> { })
                .stream().map(Comparison::toBytes).toList());
    }

    @Test
    void otherRowsAndOptionsAreMeasuredAnew() {
        compare(new Stopping(9, "rows"), "options");
        Stopping rows = new Stopping(9, "other");
        compare(rows, "options");
        assertThat(rows.measured).hasSize(4);
        Stopping options = new Stopping(9, "rows");
        compare(options, "other");
        assertThat(options.measured).hasSize(4);
    }

    @Test
    void aDamagedFileIsMeasuredAnewAndOthersAreDeletedAtTheEnd() throws Exception {
        compare(new Stopping(9, "gone"), "options");
        compare(new Stopping(9, "rows"), "options");
        List<Path> files = files();
        assertThat(files).hasSize(8);
        for (Path file : files) {
            Files.write(file, new byte[] {1, 2, 3});
        }
        Stopping again = new Stopping(9, "rows");
        MeasuredNetworks networks = new MeasuredNetworks(again, folder, "options");
        networks.compare(Part.SELECTION, NETWORKS, (index, one) -> { });
        assertThat(again.measured).hasSize(4);
        assertThat(networks.reused()).isZero();
        networks.finish();
        assertThat(files()).hasSize(4);
    }

    private List<Path> files() throws Exception {
        try (Stream<Path> files = Files.list(directory.resolve("network.calibration/networks"))) {
            return files.sorted().toList();
        }
    }
}
