package io.firesteel.onnx;

import io.firesteel.op.Conversions;
import io.firesteel.onnx.proto.TensorProto;
import io.firesteel.tensor.DataType;
import java.util.Arrays;

/** Importers of conversions between element types. */
public final class ConversionImporters implements ImporterFamily {

    private static final int FIRST_NUMBERED_CAST = 6;

    @Override
    public void register(Registry registry) {
        registry.add("", "Cast", 1, FIRST_NUMBERED_CAST - 1, n -> cast(n, namedType(n)));
        registry.add("", "Cast", FIRST_NUMBERED_CAST, Integer.MAX_VALUE, n -> {
            n.integer("to");
            cast(n, n.dataType("to", null));
        });
        registry.add("CastLike", n -> cast(n, n.tensor(1).dataType()));
        registry.add("BitCast", n -> {
            n.integer("to");
            n.emit(new Conversions.BitCast(n.dataType("to", null)), n.input(0));
        });
    }

    private static void cast(OnnxNode node, DataType to) {
        if (node.tensor(0).dataType() == to) {
            node.define(0, node.input(0));
        } else {
            node.emit(new Conversions.Cast(to), node.input(0));
        }
    }

    private static DataType namedType(OnnxNode node) {
        String name = node.string("to", "");
        return Arrays.stream(TensorProto.DataType.values())
                .filter(t -> t.name().equals(name))
                .findFirst()
                .flatMap(t -> OnnxTypes.dataType(t.getNumber()))
                .orElseThrow(() -> node.unsupported("element type '" + name + "' is not supported"));
    }
}
