package io.firesteel.tests.quantization;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.backend.Backends;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The five trained networks of {@code tests/glyphs} on the glyphs committed beside them. */
class GlyphsTest {

    private static final Path GLYPHS = Path.of(System.getProperty("firesteel.root"), "tests", "glyphs");
    private static SparkSession session;
    private static Glyphs glyphs;

    /** A line of {@code models/top1.csv}: what ONNX Runtime's fp32 gets right of the same rows. */
    private record Expected(String network, int rows, int right) {

        static Expected parse(String line) {
            String[] cells = line.split(",");
            return new Expected(cells[0], Integer.parseInt(cells[1]), Integer.parseInt(cells[2]));
        }
    }

    static List<Expected> networks() throws IOException {
        return Files.readAllLines(GLYPHS.resolve("models/top1.csv")).stream().skip(1).map(Expected::parse).toList();
    }

    @BeforeAll
    static void read() {
        session = SparkSession.builder().master("local[1]").config("spark.ui.enabled", false)
                .config("spark.log.level", "ERROR").getOrCreate();
        glyphs = Glyphs.read(session, GLYPHS.resolve("data/test.parquet"));
    }

    @AfterAll
    static void stop() {
        session.stop();
    }

    @ParameterizedTest
    @MethodSource("networks")
    void fp32GetsTheSameRowsRightAsOnnxRuntime(Expected expected) {
        Plan plan = Compiler.compile(OnnxModel.read(GLYPHS.resolve("models/" + expected.network() + ".onnx")),
                CompileOptions.of(expected.network(), Precision.FP32));
        EngineOptions options = EngineOptions.defaults().withPrecision(Precision.FP32)
                .withBuckets(List.of(Glyphs.BATCH));
        try (Engine engine = Engine.open(plan, Backends.device("cpu"), options)) {
            assertThat(glyphs.rows()).isEqualTo(expected.rows());
            assertThat(glyphs.right(engine)).isEqualTo(expected.right());
        }
    }
}
