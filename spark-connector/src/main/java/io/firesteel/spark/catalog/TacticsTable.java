package io.firesteel.spark.catalog;

import io.firesteel.FiresteelException;
import io.firesteel.engine.TacticTiming;
import io.firesteel.spark.plugin.TacticFiles;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;

/**
 * What tuning learned on the devices that computed a model, as far as it is kept beside the plan: {@code models.NAME.tactics}. The times
 * are those of the layers alone; null where a tactic could not run.
 */
public final class TacticsTable implements ModelTable {

    private static final double LONGEST_NANOS = 1e14;

    @Override
    public String name() {
        return "tactics";
    }

    @Override
    public StructType schema() {
        return StructType.fromDDL("device STRING NOT NULL, layer STRING NOT NULL, tactic STRING NOT NULL, microseconds DOUBLE");
    }

    @Override
    public List<InternalRow> rows(StoredModel model) {
        try {
            return TacticFiles.of(model.uri(), model.store().configuration()).timings(model.hash()).stream()
                    .map(TacticsTable::row).toList();
        } catch (IOException e) {
            throw new FiresteelException("TACTICS_UNREADABLE", FiresteelException.Kind.USER, null,
                    "the tactic tables beside " + model.uri() + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static InternalRow row(TacticTiming timing) {
        return Catalyst.row(timing.device(), timing.layer(), timing.tactic(),
                timing.nanos() < LONGEST_NANOS ? timing.nanos() / TimeUnit.MICROSECONDS.toNanos(1) : null);
    }
}
