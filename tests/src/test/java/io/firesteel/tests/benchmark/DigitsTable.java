package io.firesteel.tests.benchmark;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.plan.ModelFolder;
import io.firesteel.plan.Precision;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;

/** The digits plan as {@code models.digits} and a table {@code images} of many of its images. */
final class DigitsTable {

    private static final int DISTINCT = 1700;

    private DigitsTable() { }

    /** Publishes the plan below a folder and writes the table beside it, in so many files. */
    static void write(SparkSession spark, Path scratch, long rows, int files) {
        Path digits = Path.of(System.getProperty("firesteel.root", ".")).resolve("examples/src/main/resources/io/firesteel/examples/digits");
        ModelFolder.publish(Compiler.compile(OnnxModel.read(digits.resolve("digits.onnx")), CompileOptions.of("digits", Precision.FP32)),
                scratch.resolve("models").resolve("digits"));
        String table = scratch.resolve("images").toString();
        spark.read().parquet(digits.resolve("digits.parquet").toString()).createOrReplaceTempView("digits");
        spark.sql("SELECT pixels FROM digits CROSS JOIN range(" + (rows / DISTINCT + 1) + ") LIMIT " + rows).repartition(files)
                .write().parquet(table);
        spark.read().parquet(table).createOrReplaceTempView("images");
    }
}
