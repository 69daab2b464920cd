package io.firesteel.spark.catalog;

import io.firesteel.spark.model.SparkTypes;
import io.firesteel.spark.model.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/** What a model takes and gives: {@code models.NAME.signature}. */
public final class SignatureTable implements ModelTable {

    @Override
    public String name() {
        return "signature";
    }

    @Override
    public StructType schema() {
        return StructType.fromDDL("direction STRING NOT NULL, position INT NOT NULL, name STRING NOT NULL,"
                + " element_type STRING NOT NULL, shape ARRAY<BIGINT> NOT NULL, sql_type STRING NOT NULL");
    }

    @Override
    public List<InternalRow> rows(StoredModel model) {
        List<InternalRow> rows = new ArrayList<>();
        add(rows, "input", model.spec().inputs(), SparkTypes::result);
        add(rows, "output", model.spec().outputs(), model.spec()::resultType);
        return rows;
    }

    private static void add(List<InternalRow> rows, String direction, List<TensorSpec> specs,
            Function<TensorSpec, DataType> type) {
        for (int i = 0; i < specs.size(); i++) {
            TensorSpec spec = specs.get(i);
            rows.add(Catalyst.row(direction, i, spec.name(), spec.type().label(), spec.sizes(),
                    type.apply(spec).catalogString()));
        }
    }
}
