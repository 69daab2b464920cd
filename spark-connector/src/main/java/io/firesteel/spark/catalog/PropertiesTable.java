package io.firesteel.spark.catalog;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;

/** What a model's plan says of itself, and where it came from: {@code models.NAME.properties}. */
public final class PropertiesTable implements ModelTable {

    @Override
    public String name() {
        return "properties";
    }

    @Override
    public StructType schema() {
        return StructType.fromDDL("key STRING NOT NULL, value STRING NOT NULL");
    }

    @Override
    public List<InternalRow> rows(StoredModel model) {
        List<InternalRow> rows = new ArrayList<>();
        rows.add(Catalyst.row("hash", model.header().hash()));
        rows.add(Catalyst.row("uri", model.uri()));
        rows.add(Catalyst.row("bytes", Long.toString(model.header().fileBytes())));
        rows.add(Catalyst.row("precision", model.header().precision().label()));
        model.header().provenance().forEach((key, value) -> rows.add(Catalyst.row("provenance." + key, value)));
        return rows;
    }
}
