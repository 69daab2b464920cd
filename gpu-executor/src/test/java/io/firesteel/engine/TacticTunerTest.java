package io.firesteel.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.backend.Backend;
import io.firesteel.backend.TuningBudget;
import io.firesteel.lowering.Bucket;
import io.firesteel.lowering.Lowering;
import io.firesteel.lowering.PermittedPrecision;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TacticTunerTest {

    private static final Plan PLAN = Networks.twoLayers();

    @TempDir
    private Path folder;

    /** Tunes the network with what the folder's table holds, and saves the table; how many times it holds then. */
    private int tune(double seconds) {
        Backend backend = new HostDevice();
        TacticTable table = TacticTable.open(TacticStore.folder(folder), PLAN.hash(), "device");
        String symbol = RowShape.of(PLAN.signature(), Map.of()).symbol();
        Lowering.lower(Bucket.of(PLAN.graph(), Map.of(symbol, 4L)), List.of(backend),
                new PermittedPrecision(Precision.FP32, Map.of()),
                new TacticTuner(backend, table, new TuningBudget(seconds), "network"));
        table.save();
        return table.size();
    }

    private void keepLines(Predicate<String> kept) throws IOException {
        try (var files = Files.list(folder)) {
            Path file = files.findFirst().orElseThrow();
            Files.writeString(file, Files.readString(file).lines().filter(kept).collect(Collectors.joining("\n", "", "\n")));
        }
    }

    @Test
    void aStartThatPermitsNoMoreTimeTimesNothing() throws IOException {
        int all = tune(20);
        assertThat(all).isGreaterThan(2);
        assertThat(tune(20)).isEqualTo(all);

        keepLines(line -> line.startsWith("firesteel") || line.endsWith(" tuning"));
        assertThat(tune(20)).isEqualTo(1);
        assertThat(tune(10)).isEqualTo(1);
        assertThat(tune(21)).isEqualTo(all);
    }

    @Test
    void withoutTimeNothingIsNoted() throws IOException {
        assertThat(tune(0)).isZero();
        assertThat(tune(20)).isGreaterThan(2);
    }
}
