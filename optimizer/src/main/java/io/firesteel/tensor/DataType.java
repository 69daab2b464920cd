package io.firesteel.tensor;

/** The element types Firesteel carries, with their size in memory and the name users see. */
public enum DataType {
    FLOAT32("fp32", 4, Family.FLOATING),
    FLOAT16("fp16", 2, Family.FLOATING),
    BFLOAT16("bf16", 2, Family.FLOATING),
    FLOAT64("fp64", 8, Family.FLOATING),
    INT8("int8", 1, Family.SIGNED),
    INT16("int16", 2, Family.SIGNED),
    INT32("int32", 4, Family.SIGNED),
    INT64("int64", 8, Family.SIGNED),
    UINT8("uint8", 1, Family.UNSIGNED),
    UINT16("uint16", 2, Family.UNSIGNED),
    UINT32("uint32", 4, Family.UNSIGNED),
    UINT64("uint64", 8, Family.UNSIGNED),
    BOOL("bool", 1, Family.BOOLEAN);

    private enum Family { FLOATING, SIGNED, UNSIGNED, BOOLEAN }

    private final String label;
    private final int bytes;
    private final Family family;

    DataType(String label, int bytes, Family family) {
        this.label = label;
        this.bytes = bytes;
        this.family = family;
    }

    /** The short name, for example {@code fp32}. */
    public String label() {
        return label;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** Whether elements are floating-point numbers of any width. */
    public boolean isFloatingPoint() {
        return family == Family.FLOATING;
    }

    /** Whether elements are signed or unsigned integers; false for {@link #BOOL}. */
    public boolean isInteger() {
        return family == Family.SIGNED || family == Family.UNSIGNED;
    }

    /** Whether elements are unsigned integers. */
    public boolean isUnsigned() {
        return family == Family.UNSIGNED;
    }

    @Override
    public String toString() {
        return label;
    }
}
