package io.firesteel.onnx;

import io.firesteel.onnx.proto.TensorProto;
import io.firesteel.onnx.proto.TensorShapeProto;
import io.firesteel.onnx.proto.TypeProto;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** ONNX's numbers for types, and its type messages. */
final class OnnxTypes {

    private OnnxTypes() { }

    /** The element type with ONNX's number, or empty where Firesteel does not carry it. */
    static Optional<DataType> dataType(int onnx) {
        return Optional.ofNullable(switch (onnx) {
            case TensorProto.DataType.FLOAT_VALUE -> DataType.FLOAT32;
            case TensorProto.DataType.UINT8_VALUE -> DataType.UINT8;
            case TensorProto.DataType.INT8_VALUE -> DataType.INT8;
            case TensorProto.DataType.UINT16_VALUE -> DataType.UINT16;
            case TensorProto.DataType.INT16_VALUE -> DataType.INT16;
            case TensorProto.DataType.INT32_VALUE -> DataType.INT32;
            case TensorProto.DataType.INT64_VALUE -> DataType.INT64;
            case TensorProto.DataType.BOOL_VALUE -> DataType.BOOL;
            case TensorProto.DataType.FLOAT16_VALUE -> DataType.FLOAT16;
            case TensorProto.DataType.DOUBLE_VALUE -> DataType.FLOAT64;
            case TensorProto.DataType.UINT32_VALUE -> DataType.UINT32;
            case TensorProto.DataType.UINT64_VALUE -> DataType.UINT64;
            case TensorProto.DataType.BFLOAT16_VALUE -> DataType.BFLOAT16;
            default -> null;
        });
    }

    /** ONNX's name for an element type number, for messages. */
    static String name(int onnx) {
        TensorProto.DataType type = TensorProto.DataType.forNumber(onnx);
        return type == null ? "type " + onnx : type.name().toLowerCase(java.util.Locale.ROOT);
    }

    /**
     * The type of a graph input.
     *
     * @param value the input's name, from which unnamed dimensions get their symbols
     * @return the type, or empty where it is of a kind or element type Firesteel does not carry
     */
    static Optional<ValueType> valueType(String value, TypeProto type) {
        return switch (type.getValueCase()) {
            case TENSOR_TYPE -> dataType(type.getTensorType().getElemType())
                    .map(t -> type.getTensorType().hasShape()
                            ? new TensorType(t, shape(value, type.getTensorType().getShape()))
                            : TensorType.ofUnknownRank(t));
            case SEQUENCE_TYPE -> valueType(value, type.getSequenceType().getElemType()).map(ValueType.SequenceType::new);
            case OPTIONAL_TYPE -> valueType(value, type.getOptionalType().getElemType()).map(ValueType.OptionalType::new);
            case MAP_TYPE, SPARSE_TENSOR_TYPE, VALUE_NOT_SET -> Optional.empty();
        };
    }

    private static Shape shape(String value, TensorShapeProto proto) {
        List<Dim> dims = new ArrayList<>(proto.getDimCount());
        for (TensorShapeProto.Dimension dim : proto.getDimList()) {
            if (dim.hasDimValue() && dim.getDimValue() >= 0) {
                dims.add(Dim.of(dim.getDimValue()));
            } else if (!dim.getDimParam().isEmpty()) {
                dims.add(Dim.symbol(dim.getDimParam()));
            } else {
                dims.add(Dim.symbol(value + ".dim" + dims.size()));
            }
        }
        return new Shape(dims);
    }
}
