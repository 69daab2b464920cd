package io.firesteel.calibration.job;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Convolution;
import io.firesteel.op.MatMul;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.Pooling;
import io.firesteel.op.Reshaping;
import io.firesteel.plan.ModelFolder;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.spark.ModelCatalog;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.apache.spark.sql.SparkSession;

/** A small convolutional network, rows for it, and sessions. */
public final class Models {

    /** Elements of a row: 2 channels of 6 x 6. */
    public static final int ELEMENTS = 72;

    private Models() { }

    public static Plan network() {
        GraphBuilder g = new GraphBuilder("network");
        String x = g.input("x", new TensorType(DataType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.of(2), Dim.of(6), Dim.of(6))));
        String first = g.add(new Activations.Relu(), convolve(g, x, 2));
        String second = g.add(new Activations.Relu(), g.add(new Arithmetic.Add(), convolve(g, first, 8), first));
        String flat = g.add(new Reshaping.Reshape(List.of(-1L, 8L), false), g.add(new Pooling.GlobalAveragePool(), second));
        g.output("y", g.add(new MatMul(), flat, g.constant(random(4, 8, 3))));
        return Compiler.compile(g.build(), CompileOptions.of("network", Precision.FP32));
    }

    /** Two convolutions, the channels between them of ranges from 1 to 128. */
    public static Plan chain() {
        GraphBuilder g = new GraphBuilder("chain");
        String x = g.input("x", new TensorType(DataType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.of(2), Dim.of(6), Dim.of(6))));
        Tensor uneven = random(2, 8, 2, 3, 3);
        for (long i = 0; i < uneven.elements(); i++) {
            uneven.setDouble(i, Math.scalb(uneven.getDouble(i), (int) (i * 8 / uneven.elements())));
        }
        String first = g.add(new Activations.Relu(), convolve(g, x, uneven));
        String pooled = g.add(new Pooling.GlobalAveragePool(), convolve(g, first, 8));
        g.output("y", g.add(new Reshaping.Reshape(List.of(-1L, 8L), false), pooled));
        return Compiler.compile(g.build(), CompileOptions.of("chain", Precision.FP32));
    }

    /** A network of little work for rows of 1 MiB. */
    static Plan wide() {
        GraphBuilder g = new GraphBuilder("wide");
        String x = g.input("x", new TensorType(DataType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.of(1), Dim.of(512), Dim.of(512))));
        String patches = g.add(new Convolution(List.of(32L, 32L), List.of(1L, 1L), List.of(0L, 0L), List.of(0L, 0L), 1,
                PointwiseProgram.IDENTITY), x, g.constant(random(5, 4, 1, 32, 32)));
        g.output("y", g.add(new Reshaping.Reshape(List.of(-1L, 4L), false), g.add(new Pooling.GlobalAveragePool(), patches)));
        return Compiler.compile(g.build(), CompileOptions.of("wide", Precision.FP32));
    }

    private static String convolve(GraphBuilder g, String x, long channels) {
        return convolve(g, x, random(channels, 8, channels, 3, 3));
    }

    private static String convolve(GraphBuilder g, String x, Tensor weights) {
        return g.add(new Convolution(List.of(1L, 1L), List.of(1L, 1L), List.of(1L, 1L), List.of(1L, 1L), 1,
                PointwiseProgram.IDENTITY), x, g.constant(weights));
    }

    private static Tensor random(long seed, long... sizes) {
        Random random = new Random(seed);
        Tensor tensor = Tensor.zeros(DataType.FLOAT32, sizes);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setDouble(i, random.nextFloat() - 0.5f);
        }
        return tensor;
    }

    static void publish(Path models, String... names) {
        for (String name : names) {
            ModelFolder.publish(network(), models.resolve(name));
        }
    }

    public static SparkSession session(Path models) {
        return SparkSession.builder().master("local[2]").appName("firesteel-calibration-tests")
                .config("spark.ui.enabled", false)
                .config("spark.sql.shuffle.partitions", 3)
                .config("spark.sql.warehouse.dir", models.resolveSibling("warehouse").toUri().toString())
                .config("spark.sql.catalog.models", ModelCatalog.class.getName())
                .config("spark.sql.catalog.models.path", models.toUri().toString())
                .getOrCreate();
    }

    /** Rows of reproducible values, as an expression over {@code id}; some ids give the same values. */
    static String image() {
        return image("id % 190");
    }

    static String image(String seed) {
        return "transform(sequence(1, " + ELEMENTS + "), i -> CAST(pmod(hash(" + seed + ", i), 2001) / 500D - 2D AS FLOAT))";
    }
}
