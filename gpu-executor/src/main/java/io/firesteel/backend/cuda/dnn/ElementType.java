package io.firesteel.backend.cuda.dnn;

import io.firesteel.tensor.DataType;
import java.util.Optional;

/** An element type of cuDNN's tensors that is used here, with its number. */
enum ElementType {
    FLOAT(0, 4),
    HALF(2, 2),
    INT8(3, 1),
    INT32(4, 4),
    BFLOAT16(9, 2);

    final int code;
    private final int bytes;

    ElementType(int code, int bytes) {
        this.code = code;
        this.bytes = bytes;
    }

    /** cuDNN's element type, or empty where graphs here are not made of it. */
    static Optional<ElementType> of(DataType type) {
        return Optional.ofNullable(switch (type) {
            case FLOAT32 -> FLOAT;
            case FLOAT16 -> HALF;
            case BFLOAT16 -> BFLOAT16;
            case INT8 -> INT8;
            default -> null;
        });
    }

    /** The type products of two such elements are summed in. */
    ElementType sum() {
        return this == INT8 ? INT32 : FLOAT;
    }

    int bytes() {
        return bytes;
    }
}
