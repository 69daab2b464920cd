package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Layer;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.ElementTypes;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.TensorType;

/** Element types in CUDA C++, and those a layer's tensors have in memory. */
final class CudaTypes {

    private CudaTypes() { }

    /** The type of an element in memory. */
    static String storage(DataType type) {
        return switch (type) {
            case FLOAT32 -> "float";
            case FLOAT16 -> "f16";
            case BFLOAT16 -> "bf16";
            case FLOAT64 -> "double";
            case INT8 -> "signed char";
            case INT16 -> "short";
            case INT32 -> "int";
            case INT64 -> "long long";
            case UINT8 -> "unsigned char";
            case UINT16 -> "unsigned short";
            case UINT32 -> "unsigned";
            case UINT64 -> "unsigned long long";
            case BOOL -> "bool";
        };
    }

    /** The type an element is computed with: 16-bit floating-point numbers are computed in fp32. */
    static String math(DataType type) {
        return type == DataType.FLOAT16 || type == DataType.BFLOAT16 ? "float" : storage(type);
    }

    /** An unsigned type of a width in bytes, for moving elements as they are. */
    static String bits(int bytes) {
        return switch (bytes) {
            case 1 -> "unsigned char";
            case 2 -> "unsigned short";
            case 4 -> "unsigned";
            case 8 -> "unsigned long long";
            default -> throw new IllegalArgumentException("no element has " + bytes + " bytes");
        };
    }

    /** The element type that fp32 tensors of a layer have in memory. */
    static DataType compute(Layer layer) {
        return ElementTypes.inMemory(DataType.FLOAT32, layer.precision());
    }

    /** The precision that goes with an element type in memory. */
    static Precision precision(Layer layer) {
        return switch (compute(layer)) {
            case FLOAT16 -> Precision.FP16;
            case BFLOAT16 -> Precision.BF16;
            default -> Precision.FP32;
        };
    }

    /** A tensor of a layer in a format, fp32 in the element type of the computation; row-major below rank 3. */
    static TensorLayout layout(Layer layer, TensorType type, TensorFormat format) {
        return ElementTypes.layout(type, type.shape().rank() < 3 ? TensorFormat.LINEAR : format, layer.precision());
    }

    /** A literal of the type a tensor of {@code type} is computed with. */
    static String literal(double value, DataType type) {
        String math = math(type);
        if (Double.isNaN(value)) {
            return "((" + math + ") NOT_A_NUMBER)";
        }
        if (Double.isInfinite(value)) {
            return "((" + math + ") " + (value < 0 ? "-INF)" : "INF)");
        }
        return math.equals("float") ? finite((float) value) : "((" + math + ") " + value + ")";
    }

    private static String finite(float value) {
        return Float.isInfinite(value) ? (value < 0 ? "(-INF)" : "INF") : "(" + value + "f)";
    }

    /** The smallest value of a type as a literal; minus infinity for floating-point numbers. */
    static String lowest(DataType type) {
        return switch (type) {
            case FLOAT32, FLOAT16, BFLOAT16, FLOAT64 -> literal(Double.NEGATIVE_INFINITY, type);
            case BOOL -> "false";
            case INT64 -> "(-9223372036854775807ll - 1)";
            default -> type.isUnsigned() ? "((" + math(type) + ") 0)" : "((" + math(type) + ") " + -(1L << 8 * type.bytes() - 1) + "ll)";
        };
    }

    /** The largest value of a type as a literal; infinity for floating-point numbers. */
    static String highest(DataType type) {
        return switch (type) {
            case FLOAT32, FLOAT16, BFLOAT16, FLOAT64 -> literal(Double.POSITIVE_INFINITY, type);
            case BOOL -> "true";
            case UINT64 -> "(~0ull)";
            case INT64 -> "9223372036854775807ll";
            default -> "((" + math(type) + ") " + ((1L << 8 * type.bytes() - (type.isUnsigned() ? 0 : 1)) - 1) + "ll)";
        };
    }
}
