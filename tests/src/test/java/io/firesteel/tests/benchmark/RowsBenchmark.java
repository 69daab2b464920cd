package io.firesteel.tests.benchmark;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Reductions;
import io.firesteel.plan.ModelFolder;
import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanReader;
import io.firesteel.plan.Precision;
import io.firesteel.spark.columnar.InputStaging;
import io.firesteel.spark.model.ArgumentBinding;
import io.firesteel.spark.model.ModelSpec;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection$;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How fast rows of {@code array<float>} become tensors: the writer alone, and within a query over rows. */
@Command(name = "rows", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Measures the conversion of rows of array<float> into tensors, alone and in a query.")
final class RowsBenchmark implements Callable<Integer> {

    private static final int DISTINCT_ROWS = 4096;
    private static final String NAME = "total";

    @Option(names = "--elements", defaultValue = "64", description = "floats in a row (default: ${DEFAULT-VALUE})")
    private int elements;

    @Option(names = "--batch", defaultValue = "512", description = "rows of a batch (default: ${DEFAULT-VALUE})")
    private int batch;

    @Option(names = "--rows", defaultValue = "10000000", description = "rows converted in each round (default: ${DEFAULT-VALUE})")
    private long rows;

    @Option(names = "--rounds", defaultValue = "5", description = "rounds, the first of which is warm-up (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Override
    public Integer call() throws IOException {
        Path scratch = Files.createTempDirectory("firesteel-spark-benchmark");
        try {
            Plan plan = plan();
            Path model = scratch.resolve("models").resolve(NAME);
            ModelFolder.publish(plan, model);
            Path file = ModelFolder.resolve(model);
            writer(ModelSpec.of(NAME, file.toString(), PlanReader.header(file)));
            try (SparkSession spark = SparkBenchmark.session(1, scratch)) {
                query(spark);
            }
        } finally {
            SparkBenchmark.delete(scratch);
        }
        return 0;
    }

    private Plan plan() {
        GraphBuilder graph = new GraphBuilder(NAME);
        String x = graph.input("x", new TensorType(DataType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.of(elements))));
        graph.output("sum", graph.add(new Reductions.ReduceSum(List.of(1L), false, false), x));
        return Compiler.compile(graph.build(), CompileOptions.of(NAME, Precision.FP32));
    }

    private void writer(ModelSpec model) {
        InternalRow[] source = new InternalRow[DISTINCT_ROWS];
        StructType schema = new StructType().add("x", DataTypes.createArrayType(DataTypes.FloatType, false));
        UnsafeProjection projection = UnsafeProjection$.MODULE$.create(schema);
        Random random = new Random(1);
        for (int i = 0; i < source.length; i++) {
            float[] values = new float[elements];
            for (int j = 0; j < elements; j++) {
                values[j] = random.nextFloat();
            }
            source[i] = projection.apply(new GenericInternalRow(new Object[] {UnsafeArrayData.fromPrimitiveArray(values)})).copy();
        }
        ArgumentBinding binding = ArgumentBinding.bind(model, List.of(schema.fields()[0].dataType()));
        double[] rates = new double[rounds];
        try (BufferAllocator allocator = new RootAllocator();
                InputStaging staging = new InputStaging(model, binding, List.of("x"), new int[] {0}, batch, allocator)) {
            for (int round = 0; round < rounds; round++) {
                long start = System.nanoTime();
                for (long done = 0; done < rows; done += batch) {
                    for (int i = 0; i < batch; i++) {
                        staging.append(source[(int) (done + i) & DISTINCT_ROWS - 1]);
                    }
                    staging.clear();
                }
                rates[round] = rows / ((System.nanoTime() - start) / 1e9);
            }
        }
        System.out.println(String.format(Locale.ROOT, "writer alone: %.2f million array<float>[%d] rows/s a core (rounds: %s)",
                Windows.median(tail(rates)) / 1e6, elements, text(rates)));
    }

    private void query(SparkSession spark) {
        String sql = "SELECT sum(models." + NAME + "(array_repeat(CAST(id AS FLOAT), " + elements + "))) FROM range(0, " + rows + ", 1, 1)";
        double[] converted = new double[rounds];
        double[] whole = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            QueryTimes times = QueryTimes.run(spark.sql(sql));
            converted[round] = times.rows() / times.copySeconds();
            whole[round] = times.rowsPerSecond();
        }
        System.out.println(String.format(Locale.ROOT, "in a query over rows, one thread: %.2f million rows/s converted, in and out (rounds: %s);"
                + " the whole query, with making the arrays and computing: %.2f million rows/s", Windows.median(tail(converted)) / 1e6,
                text(converted), Windows.median(tail(whole)) / 1e6));
    }

    private static double[] tail(double[] rates) {
        return Arrays.copyOfRange(rates, Math.min(1, rates.length - 1), rates.length);
    }

    private static String text(double[] rates) {
        return Arrays.stream(rates).mapToObj(rate -> String.format(Locale.ROOT, "%.2f", rate / 1e6))
                .collect(Collectors.joining(" "));
    }
}
