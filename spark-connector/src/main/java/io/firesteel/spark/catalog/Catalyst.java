package io.firesteel.spark.catalog;

import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.unsafe.types.UTF8String;

/** Rows in Catalyst's representation from plain Java values: strings, numbers, booleans and lists of them. */
public final class Catalyst {

    private Catalyst() { }

    /** A row of the given values. */
    public static InternalRow row(Object... values) {
        return new GenericInternalRow(Arrays.stream(values).map(Catalyst::value).toArray());
    }

    private static Object value(Object value) {
        if (value instanceof String text) {
            return UTF8String.fromString(text);
        }
        return value instanceof List<?> list ? array(list) : value;
    }

    private static ArrayData array(List<?> list) {
        return new GenericArrayData(list.stream().map(Catalyst::value).toArray());
    }
}
