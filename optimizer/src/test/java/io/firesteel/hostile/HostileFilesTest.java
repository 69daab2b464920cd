package io.firesteel.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.ForkedJvm;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostileFilesTest {

    private static final int MUTANTS_OF_EACH_KIND = 10_400;
    private static final long SEED = 20_261_120;

    @TempDir
    Path scratch;

    /** The JVM ends at the first exhaustion of its small heap, caught or not. */
    @Test
    void mutatedPlansAndModelsLoadOrGiveOneClearError() throws Exception {
        URL networks = getClass().getResource("/networks");
        ForkedJvm.Result result = ForkedJvm.run(List.of("-Xmx256m", "-Xss1m", "-XX:+ExitOnOutOfMemoryError"), HostileFilesMain.class, 600,
                Path.of(networks.toURI()), scratch, MUTANTS_OF_EACH_KIND, SEED);
        assertThat(result.exitStatus()).as(result.output()).isZero();
    }
}
