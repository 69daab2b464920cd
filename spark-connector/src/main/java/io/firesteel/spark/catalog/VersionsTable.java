package io.firesteel.spark.catalog;

import io.firesteel.plan.ModelFolder;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FileStatus;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;

/** The versions of a model, newest first: {@code models.NAME.versions}. */
public final class VersionsTable implements ModelTable {

    @Override
    public String name() {
        return "versions";
    }

    @Override
    public StructType schema() {
        return StructType.fromDDL("hash STRING NOT NULL, in_use BOOLEAN NOT NULL, bytes BIGINT NOT NULL,"
                + " written TIMESTAMP NOT NULL, uri STRING NOT NULL");
    }

    @Override
    public List<InternalRow> rows(StoredModel model) {
        return model.store().versions(model.name()).stream().map(file -> row(model, file)).toList();
    }

    private static InternalRow row(StoredModel model, FileStatus file) {
        String uri = file.getPath().toString();
        boolean inUse = uri.equals(model.uri());
        String hash = inUse ? model.hash()
                : file.getPath().getName().replace(ModelFolder.SUFFIX, "");
        return Catalyst.row(hash, inUse, file.getLen(), TimeUnit.MILLISECONDS.toMicros(file.getModificationTime()), uri);
    }
}
