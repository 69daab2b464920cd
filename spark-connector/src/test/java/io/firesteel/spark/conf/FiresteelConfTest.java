package io.firesteel.spark.conf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FiresteelConfTest {

    @Test
    void readsWhatIsSetAndDefaultsTheRest() {
        FiresteelConf conf = FiresteelConf.from(Map.of("spark.firesteel.device", "cuda:1", "spark.firesteel.batchSize", "64")::get);
        assertThat(conf).isEqualTo(new FiresteelConf("cuda:1", "plan", 64, 0.9, ""));
        assertThat(FiresteelConf.DEFAULTS).isEqualTo(new FiresteelConf("auto", "plan", 0, 0.9, ""));
    }

    @Test
    void namesTheKeyAndWhatItMustBe() {
        assertThatThrownBy(() -> FiresteelConf.from(Map.of("spark.firesteel.batchSize", "-1")::get))
                .isInstanceOf(FiresteelException.class)
                .hasMessage("spark.firesteel.batchSize is '-1' but must be a whole number of at least 0");
        assertThatThrownBy(() -> FiresteelConf.from(Map.of("spark.firesteel.device", "gpu")::get))
                .hasMessageContaining("auto, cpu, cuda, cuda:N or reference");
        for (String fraction : new String[] {"0", "1.5", "NaN", "half"}) {
            assertThatThrownBy(() -> FiresteelConf.from(Map.of("spark.firesteel.memory.fraction", fraction)::get))
                    .hasMessage("spark.firesteel.memory.fraction is '" + fraction + "' but must be a number above 0 and at most 1");
        }
    }

    @Test
    void isDocumentedAsItIs() throws Exception {
        Path readme = Path.of(System.getProperty("firesteel.root", ".."), "spark-connector/README.md");
        assertThat(Files.readString(readme)).contains(FiresteelConf.documentation());
    }
}
