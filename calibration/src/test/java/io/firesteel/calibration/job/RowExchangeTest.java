package io.firesteel.calibration.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.calibration.sample.ContentHash;
import io.firesteel.plan.ModelFolder;
import io.firesteel.plan.PlanReader;
import io.firesteel.spark.model.ModelSpec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RowExchangeTest {

    private static final int NUMBERS = 131_072;

    private static SparkSession spark;
    private static ModelSpec model;

    @BeforeAll
    static void start(@TempDir Path temporary) throws Exception {
        Path models = Files.createDirectories(temporary.resolve("models"));
        ModelFolder.publish(Models.wide(), models.resolve("wide"));
        Path plan = ModelFolder.resolve(models.resolve("wide"));
        model = ModelSpec.of("wide", plan.toString(), PlanReader.header(plan));
        spark = Models.session(models);
    }

    @AfterAll
    static void stop() throws Exception {
        spark.close();
    }

    private static List<List<String>> carried(String data, List<SortedSet<ContentHash>> partitions) {
        ModelRows rows = ModelRows.of(spark.sql(data), model, List.of("image"), null);
        try (RowExchange exchange = new RowExchange(spark, rows.layout(), partitions)) {
            return exchange.carry(rows.rows(), null).map(row -> {
                assertThat(ContentHash.of(row.inputs())).isEqualTo(row.hash());
                return row.hash().text();
            }).glom().collect();
        }
    }

    @Test
    void givesEachRowOnceAndInOrderToItsPartition() {
        SortedSet<ContentHash> odd = new TreeSet<>();
        SortedSet<ContentHash> even = new TreeSet<>();
        for (int id = 0; id < 20; id++) {
            String content = String.format("%08d", id).repeat(NUMBERS);
            (id % 2 == 0 ? even : odd).add(ContentHash.of(content.getBytes(StandardCharsets.US_ASCII)));
        }
        String image = "CAST(repeat(lpad(CAST(id % 24 AS STRING), 8, '0'), " + NUMBERS + ") AS BINARY) AS image";
        List<SortedSet<ContentHash>> partitions = List.of(odd, new TreeSet<>(), even);
        List<List<String>> expected = new ArrayList<>();
        partitions.forEach(hashes -> expected.add(hashes.stream().map(ContentHash::text).toList()));
        assertThat(carried("SELECT " + image + " FROM range(0, 40, 1, 3)", partitions)).as("rows 0 to 15 occur in several partitions")
                .isEqualTo(expected);
        assertThat(carried("SELECT " + image + " FROM range(20, 24, 1, 2)", partitions)).as("where no row came, partitions stay")
                .isEqualTo(List.of(List.of(), List.of(), List.of()));
        assertThat(carried("SELECT " + image + " FROM range(0, 4, 1, 2)", List.of())).isEmpty();
    }
}
