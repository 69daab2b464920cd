package io.firesteel.spark.model;

import io.firesteel.tensor.DataType;
import org.apache.spark.sql.types.DataTypes;

/** The Spark types that carry tensors' elements. */
public final class SparkTypes {

    private SparkTypes() { }

    /** The Spark type of an output: its element type for a scalar, else an array of it in row-major order. */
    public static org.apache.spark.sql.types.DataType result(TensorSpec output) {
        org.apache.spark.sql.types.DataType element = element(output.type());
        return output.isScalar() ? element : DataTypes.createArrayType(element, false);
    }

    /**
     * The narrowest Spark type that holds every value of an element type. Spark has no unsigned types: they take the next
     * wider signed one, and uint64 takes bigint, where values from 2^63 on fail.
     */
    public static org.apache.spark.sql.types.DataType element(DataType type) {
        switch (type) {
            case FLOAT32:
            case FLOAT16:
            case BFLOAT16:
                return DataTypes.FloatType;
            case FLOAT64:
                return DataTypes.DoubleType;
            case INT8:
                return DataTypes.ByteType;
            case INT16:
            case UINT8:
                return DataTypes.ShortType;
            case INT32:
            case UINT16:
                return DataTypes.IntegerType;
            case INT64:
            case UINT32:
            case UINT64:
                return DataTypes.LongType;
            case BOOL:
                return DataTypes.BooleanType;
            default:
                throw new IllegalArgumentException("no Spark type for " + type);
        }
    }

    /** Whether the elements of both types have the same bits in memory, so that rows are copied as they are. */
    public static boolean sameBits(org.apache.spark.sql.types.DataType spark, DataType type) {
        switch (type) {
            case FLOAT16:
            case BFLOAT16:
            case UINT8:
            case UINT16:
            case UINT32:
            case UINT64:
                return false;
            default:
                return element(type).equals(spark);
        }
    }
}
