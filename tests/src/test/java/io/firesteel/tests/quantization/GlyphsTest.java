package io.firesteel.tests.quantization;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.backend.Backends;
import io.firesteel.cli.Firesteel;
import io.firesteel.cli.Npy;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.op.Quantized;
import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanReader;
import io.firesteel.plan.Precision;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The five trained networks of {@code tests/glyphs} on the glyphs committed beside them. */
class GlyphsTest {

    private static final Path GLYPHS = Path.of(System.getProperty("firesteel.root"), "tests", "glyphs");
    private static SparkSession session;
    private static final int CALIBRATION_ROWS = 256;
    private static Glyphs glyphs;
    private static Glyphs calibration;

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
        calibration = Glyphs.read(session, GLYPHS.resolve("data/calibration.parquet"));
    }

    @AfterAll
    static void stop() {
        session.stop();
    }

    @ParameterizedTest
    @MethodSource("networks")
    void int8ByTheDefaultMethodLosesLessThanHalfAPoint(Expected expected, @TempDir Path folder) {
        Path plan = folder.resolve("fp32.plan");
        Path int8 = folder.resolve("int8.plan");
        Npy.write(calibration.tensor(), folder.resolve("calibration.npy"));
        run("build", GLYPHS.resolve("models/" + expected.network() + ".onnx"), "-o", plan);
        run("calibrate", plan, "--data", folder.resolve("calibration.npy"), "--rows", CALIBRATION_ROWS, "--device", "cpu");
        run("quantize", plan, "-o", int8);
        try (Engine engine = Engine.open(PlanReader.read(int8), Backends.device("cpu"), EngineOptions.defaults())) {
            assertThat(engine.plan().graph().nodes().stream().filter(node -> node.operator() instanceof Quantized).count())
                    .isGreaterThanOrEqualTo(8);
            assertThat(glyphs.right(engine)).isGreaterThan(expected.right() - glyphs.rows() / 200);
        }
    }

    private static void run(Object... arguments) {
        StringWriter err = new StringWriter();
        String[] words = Arrays.stream(arguments).map(Object::toString).toArray(String[]::new);
        assertThat(Firesteel.run(new PrintWriter(new StringWriter()), new PrintWriter(err, true), words)).as(err.toString()).isZero();
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
