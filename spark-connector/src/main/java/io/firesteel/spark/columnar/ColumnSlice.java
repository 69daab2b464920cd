package io.firesteel.spark.columnar;

import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarArray;
import org.apache.spark.sql.vectorized.ColumnarMap;
import org.apache.spark.unsafe.types.UTF8String;

/** Consecutive rows of another column, which keeps the memory. */
final class ColumnSlice extends ColumnVector {

    private final ColumnVector column;
    private final int first;
    private final int rows;
    private final boolean last;

    /**
     * @param column the whole column
     * @param first its row that is row 0 here
     * @param rows rows of the slice
     * @param last whether nobody reads the column after this slice
     */
    ColumnSlice(ColumnVector column, int first, int rows, boolean last) {
        super(column.dataType());
        this.column = column;
        this.first = first;
        this.rows = rows;
        this.last = last;
    }

    @Override
    public void close() {
        if (last) {
            column.close();
        }
    }

    @Override
    public void closeIfFreeable() {
        if (last) {
            column.closeIfFreeable();
        }
    }

    @Override
    public boolean hasNull() {
        return column.hasNull();
    }

    @Override
    public int numNulls() {
        int nulls = 0;
        for (int row = 0; row < rows; row++) {
            nulls += isNullAt(row) ? 1 : 0;
        }
        return nulls;
    }

    @Override
    public boolean isNullAt(int row) {
        return column.isNullAt(first + row);
    }

    @Override
    public boolean getBoolean(int row) {
        return column.getBoolean(first + row);
    }

    @Override
    public byte getByte(int row) {
        return column.getByte(first + row);
    }

    @Override
    public short getShort(int row) {
        return column.getShort(first + row);
    }

    @Override
    public int getInt(int row) {
        return column.getInt(first + row);
    }

    @Override
    public long getLong(int row) {
        return column.getLong(first + row);
    }

    @Override
    public float getFloat(int row) {
        return column.getFloat(first + row);
    }

    @Override
    public double getDouble(int row) {
        return column.getDouble(first + row);
    }

    @Override
    public ColumnarArray getArray(int row) {
        return column.getArray(first + row);
    }

    @Override
    public ColumnarMap getMap(int row) {
        return column.getMap(first + row);
    }

    @Override
    public Decimal getDecimal(int row, int precision, int scale) {
        return column.getDecimal(first + row, precision, scale);
    }

    @Override
    public UTF8String getUTF8String(int row) {
        return column.getUTF8String(first + row);
    }

    @Override
    public byte[] getBinary(int row) {
        return column.getBinary(first + row);
    }

    /** The elements of arrays and maps are counted through the column, the fields of structs row by row. */
    @Override
    public ColumnVector getChild(int ordinal) {
        ColumnVector child = column.getChild(ordinal);
        return dataType() instanceof ArrayType || dataType() instanceof MapType ? child : new ColumnSlice(child, first, rows, false);
    }
}
