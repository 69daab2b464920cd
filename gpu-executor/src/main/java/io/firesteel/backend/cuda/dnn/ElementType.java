package io.firesteel.backend.cuda.dnn;

import io.firesteel.tensor.DataType;
import java.util.Optional;

/** An element type of cuDNN's tensors that is used here, with its number. */
enum ElementType {
    FLOAT(0),
    HALF(2),
    BFLOAT16(9);

    final int code;

    ElementType(int code) {
        this.code = code;
    }

    /** cuDNN's element type, or empty where graphs here are not made of it. */
    static Optional<ElementType> of(DataType type) {
        return Optional.ofNullable(switch (type) {
            case FLOAT32 -> FLOAT;
            case FLOAT16 -> HALF;
            case BFLOAT16 -> BFLOAT16;
            default -> null;
        });
    }

    int bytes() {
        return this == FLOAT ? 4 : 2;
    }
}
