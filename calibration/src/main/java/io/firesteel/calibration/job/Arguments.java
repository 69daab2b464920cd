package io.firesteel.calibration.job;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.table.CalibrationTable;
import io.firesteel.calibration.store.CalibrationFolder;
import io.firesteel.quant.Quantizer;
import io.firesteel.spark.catalog.ModelStore;
import io.firesteel.spark.catalog.StoredModel;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.procedures.ProcedureParameter;

/** The arguments of a procedure call, by the names of its parameters. */
record Arguments(List<ProcedureParameter> parameters, InternalRow values) {

    private int index(String name) {
        for (int i = 0; i < parameters.size(); i++) {
            if (parameters.get(i).name().equals(name)) {
                return i;
            }
        }
        throw new IllegalArgumentException(name);
    }

    /** A text, or null. */
    String optional(String name) {
        int index = index(name);
        return values.isNullAt(index) ? null : values.getUTF8String(index).toString();
    }

    String text(String name) {
        return required(name, optional(name));
    }

    int number(String name) {
        int index = index(name);
        return required(name, values.isNullAt(index) ? null : values.getInt(index));
    }

    double real(String name) {
        int index = index(name);
        return required(name, values.isNullAt(index) ? null : values.getDouble(index));
    }

    boolean flag(String name) {
        int index = index(name);
        return required(name, values.isNullAt(index) ? null : values.getBoolean(index));
    }

    /** A whole number, or another where it is null. */
    long number(String name, long otherwise) {
        int index = index(name);
        return values.isNullAt(index) ? otherwise : values.getLong(index);
    }

    /** A number, or NaN where it is null. */
    double optionalReal(String name) {
        int index = index(name);
        return values.isNullAt(index) ? Double.NaN : values.getDouble(index);
    }

    private static <T> T required(String name, T value) {
        if (value == null) {
            throw FiresteelException.user("ARGUMENT_NULL", "parameter " + name + " is null");
        }
        return value;
    }

    /** The model of a name. */
    static StoredModel model(ModelStore store, String name) {
        return store.find(name).orElseThrow(() -> FiresteelException.user("MODEL_NOT_FOUND", "there is no model '" + name + "' in "
                + store.root() + "; it has " + store.names().stream().collect(Collectors.joining(", "))));
    }

    /**
     * The name of a model to be made from another.
     *
     * @throws FiresteelException where it is no name, or the other model's
     */
    static String newName(StoredModel source, String parameter, String name) {
        if (ModelStore.requireName(name).equals(source.name())) {
            throw FiresteelException.user("MODEL_NAME_INVALID", parameter + " = '" + name
                    + "' is the model itself, which stays as it is: give the new model a name of its own");
        }
        return name;
    }

    /** The calibration of a model. */
    static CalibrationTable table(StoredModel model) {
        return CalibrationFolder.of(model.uri(), model.store().configuration()).table(model.hash()).orElseThrow(() -> {
            Quantizer.requireRealNumbers(model.plan());
            return FiresteelException.user("NOT_CALIBRATED", "model '" + model.name()
                    + "' has no calibration: CALL system.calibrate(model => '" + model.name() + "', data => ...)");
        });
    }
}
