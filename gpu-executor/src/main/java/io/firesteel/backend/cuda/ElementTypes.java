package io.firesteel.backend.cuda;

import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.TensorType;

/** In what types tensors lie in memory: a model's fp32 tensors become half ones where the precision says so. */
public final class ElementTypes {

    private ElementTypes() { }

    /** The type in memory of a tensor that has {@code model} in the model. */
    public static DataType inMemory(DataType model, Precision precision) {
        if (model != DataType.FLOAT32) {
            return model;
        }
        return switch (precision) {
            case FP32, TF32 -> DataType.FLOAT32;
            case FP16 -> DataType.FLOAT16;
            case BF16 -> DataType.BFLOAT16;
        };
    }

    /** A tensor that stands alone, in the type it has in memory. */
    public static TensorLayout layout(TensorType type, TensorFormat format, Precision precision) {
        return TensorLayout.of(type.withDataType(inMemory(type.dataType(), precision)), format);
    }
}
