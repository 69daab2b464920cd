package io.firesteel.plan;

import io.firesteel.FiresteelException;
import io.firesteel.plan.proto.DimDefinition;
import io.firesteel.plan.proto.PortDefinition;
import io.firesteel.plan.proto.TensorTypeDefinition;
import io.firesteel.plan.proto.TypeDefinition;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.Arrays;

/** Stores types. */
final class TypeCodec {

    private TypeCodec() { }

    static TypeDefinition encode(ValueType type) {
        TypeDefinition.Builder definition = TypeDefinition.newBuilder();
        if (type instanceof TensorType tensor) {
            TensorTypeDefinition.Builder encoded = TensorTypeDefinition.newBuilder()
                    .setDataType(tensor.dataType().label()).setHasRank(tensor.hasRank());
            if (tensor.hasRank()) {
                tensor.shape().dims().forEach(d -> encoded.addDims(DimDefinition.newBuilder().setCoefficient(d.coefficient())
                        .setSymbol(d.symbol() == null ? "" : d.symbol()).setOffset(d.offset())));
            }
            definition.setTensor(encoded);
        } else if (type instanceof ValueType.SequenceType sequence) {
            definition.setSequence(encode(sequence.element()));
        } else if (type instanceof ValueType.OptionalType optional) {
            definition.setOptional(encode(optional.element()));
        }
        return definition.build();
    }

    static PortDefinition encode(Signature.Port port) {
        return PortDefinition.newBuilder().setName(port.name()).setType(encode(port.type())).build();
    }

    static Signature.Port decode(PortDefinition definition) {
        return new Signature.Port(definition.getName(), decode(definition.getType()));
    }

    static ValueType decode(TypeDefinition definition) {
        return switch (definition.getKindCase()) {
            case TENSOR -> decode(definition.getTensor());
            case SEQUENCE -> new ValueType.SequenceType(decode(definition.getSequence()));
            case OPTIONAL -> new ValueType.OptionalType(decode(definition.getOptional()));
            case KIND_NOT_SET -> throw damaged("a type is missing");
        };
    }

    private static TensorType decode(TensorTypeDefinition definition) {
        DataType dataType = dataType(definition.getDataType());
        if (!definition.getHasRank()) {
            return TensorType.ofUnknownRank(dataType);
        }
        return new TensorType(dataType, new Shape(definition.getDimsList().stream().map(TypeCodec::dim).toList()));
    }

    private static Dim dim(DimDefinition definition) {
        if (definition.getSymbol().isEmpty() != (definition.getCoefficient() == 0)
                || definition.getSymbol().isEmpty() && definition.getOffset() < 0) {
            throw damaged("a dimension is not possible");
        }
        return new Dim(definition.getCoefficient(), definition.getSymbol().isEmpty() ? null : definition.getSymbol(),
                definition.getOffset());
    }

    static DataType dataType(String label) {
        return Arrays.stream(DataType.values()).filter(t -> t.label().equals(label)).findFirst()
                .orElseThrow(() -> damaged("there is no element type '" + label + "'"));
    }

    private static FiresteelException damaged(String what) {
        return FiresteelException.user("PLAN_DAMAGED", "the plan is damaged: " + what);
    }
}
