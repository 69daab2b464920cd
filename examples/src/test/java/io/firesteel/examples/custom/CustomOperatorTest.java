package io.firesteel.examples.custom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.FiresteelException;
import io.firesteel.backend.Backends;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.plan.ModelFolder;
import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanReader;
import io.firesteel.plan.Precision;
import io.firesteel.spark.ModelCatalog;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CustomOperatorTest {

    private static final int DAYS = 8;
    private static final CompileOptions OPTIONS = CompileOptions.of("drawdown", Precision.FP32);
    private static final Path ONNX = Path.of(System.getProperty("firesteel.root", ".."),
            "examples/src/main/resources/io/firesteel/examples/custom/drawdown.onnx");

    @Test
    void computesInJavaDefinedAndImportedNetworks(@TempDir Path folder) {
        float[] prices = prices(20);
        Plan defined = Compiler.compile(DrawdownExample.network(), OPTIONS);
        Plan imported = Compiler.compile(OnnxModel.read(ONNX), OPTIONS);
        Plan stored = PlanReader.read(ModelFolder.publish(imported, folder.resolve("drawdown")));
        for (Plan plan : List.of(defined, imported, stored)) {
            try (Engine engine = Engine.open(plan, Backends.device("auto"), EngineOptions.defaults())) {
                Tensor result = (Tensor) engine.evaluate(List.of(Tensor.floats(new long[] {20, DAYS}, prices))).get(0);
                assertThat(result.toFloats()).containsExactly(drawdowns(prices), within(1e-6f));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 2, -1})
    void runsAlongAnyAxis(long axis) {
        GraphBuilder g = new GraphBuilder("maxima");
        String x = g.input("x", new TensorType(DataType.FLOAT32, Shape.of(2, 3, 2)));
        g.output("y", g.add(new CumulativeMaximum(axis), x));
        Tensor data = Tensor.floats(new long[] {2, 3, 2}, 4, 1, 3, 9, 5, 2, 0, 7, 8, 6, 1, 1);
        float[] expected = switch ((int) axis) {
            case 0 -> new float[] {4, 1, 3, 9, 5, 2, 4, 7, 8, 9, 5, 2};
            case 1 -> new float[] {4, 1, 4, 9, 5, 9, 0, 7, 8, 7, 8, 7};
            default -> new float[] {4, 4, 3, 9, 5, 5, 0, 7, 8, 8, 1, 1};
        };
        try (Engine engine = Engine.open(Compiler.compile(g.build(), OPTIONS), Backends.device("auto"), EngineOptions.defaults())) {
            assertThat(((Tensor) engine.evaluate(List.of(data)).get(0)).toFloats()).containsExactly(expected);
        }
    }

    @Test
    void refusesWhatItIsNotFor() {
        GraphBuilder g = new GraphBuilder("maxima");
        g.input("counts", new TensorType(DataType.INT32, Shape.of(4)));
        g.input("x", new TensorType(DataType.FLOAT32, Shape.of(4)));
        assertThatThrownBy(() -> g.add(new CumulativeMaximum(0), "counts")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("floating-point");
        assertThatThrownBy(() -> g.add(new CumulativeMaximum(1), "x")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("axis 1");
    }

    @Test
    void runsInSql(@TempDir Path folder) throws IOException {
        try (SparkSession spark = SparkSession.builder().master("local[1]").appName("test")
                .config("spark.ui.enabled", false)
                .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.sql.warehouse.dir", folder.resolve("warehouse").toUri().toString())
                .config("spark.sql.catalog.models", ModelCatalog.class.getName())
                .config("spark.sql.catalog.models.path", folder.resolve("models").toUri().toString()).getOrCreate()) {
            spark.sql("CALL models.system.import_model(name => 'drawdown', onnx => '" + ONNX.toAbsolutePath() + "')").collectAsList();
            float drawdown = spark.sql("SELECT models.drawdown(array(100F, 110F, 105F, 120F, 90F, 95F, 130F, 125F))").first().getFloat(0);
            assertThat(drawdown).isEqualTo(0.25f);
        }
    }

    @Test
    void isRunnable(@TempDir Path folder) {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream console = System.out;
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            DrawdownExample.main(new String[] {folder.resolve("drawdown").toString()});
        } finally {
            System.setOut(console);
        }
        assertThat(printed.toString(StandardCharsets.UTF_8)).contains("largest drawdowns: 0.25, 0.0");
        assertThat(ModelFolder.resolve(folder.resolve("drawdown"))).isNotEmptyFile();
    }

    private static float[] prices(int rows) {
        float[] prices = new float[rows * DAYS];
        Random random = new Random(7);
        for (int i = 0; i < prices.length; i++) {
            prices[i] = 50 + 100 * random.nextFloat();
        }
        return prices;
    }

    /** By comparing each price with each earlier one. */
    private static float[] drawdowns(float[] prices) {
        float[] largest = new float[prices.length / DAYS];
        for (int i = 0; i < prices.length; i++) {
            for (int earlier = i / DAYS * DAYS; earlier <= i; earlier++) {
                largest[i / DAYS] = Math.max(largest[i / DAYS], (prices[earlier] - prices[i]) / prices[earlier]);
            }
        }
        return largest;
    }
}
