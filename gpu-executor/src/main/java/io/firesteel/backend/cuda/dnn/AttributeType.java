package io.firesteel.backend.cuda.dnn;

/** The element type of an attribute's value, with cuDNN's number and its size in bytes. */
enum AttributeType {
    HANDLE(0, 8),
    DATA_TYPE(1, 4),
    BOOLEAN(2, 1),
    INT64(3, 8),
    FLOAT(4, 4),
    DOUBLE(5, 8),
    ADDRESS(6, 8),
    CONVOLUTION_MODE(7, 4),
    HEURISTIC_MODE(8, 4),
    KNOB_TYPE(9, 4),
    NUMERICAL_NOTE(11, 4),
    POINTWISE_MODE(14, 4),
    DESCRIPTOR(15, 8),
    CHARACTER(24, 1);

    final int code;
    final int bytes;

    AttributeType(int code, int bytes) {
        this.code = code;
        this.bytes = bytes;
    }
}
