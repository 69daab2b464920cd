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
        assertThat(conf).isEqualTo(new FiresteelConf("cuda:1", "plan", 64, ""));
        assertThat(FiresteelConf.DEFAULTS).isEqualTo(new FiresteelConf("auto", "plan", 0, ""));
    }

    @Test
    void namesTheKeyAndWhatItMustBe() {
        assertThatThrownBy(() -> FiresteelConf.from(Map.of("spark.firesteel.batchSize", "-1")::get))
                .isInstanceOf(FiresteelException.class)
                .hasMessage("spark.firesteel.batchSize is '-1' but must be a whole number of at least 0");
        assertThatThrownBy(() -> FiresteelConf.from(Map.of("spark.firesteel.device", "gpu")::get))
                .hasMessageContaining("auto, cpu, cuda, cuda:N or reference");
    }

    @Test
    void isDocumentedAsItIs() throws Exception {
        Path readme = Path.of(System.getProperty("firesteel.root", ".."), "spark-connector/README.md");
        assertThat(Files.readString(readme)).contains(FiresteelConf.documentation());
    }
}
