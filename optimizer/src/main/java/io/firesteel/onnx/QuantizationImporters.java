package io.firesteel.onnx;

import io.firesteel.op.Quantization;
import io.firesteel.tensor.DataType;

/** Importers of quantization. */
public final class QuantizationImporters implements ImporterFamily {

    @Override
    public void register(Registry registry) {
        registry.add("QuantizeLinear", QuantizationImporters::quantize);
        registry.add("DequantizeLinear", n -> n.emit(new Quantization.DequantizeLinear(
                typeOr(n, "output_dtype", n.tensor(1).dataType()), n.integer("axis", 1), n.integer("block_size", 0)), n.inputs()));
        registry.add("DynamicQuantizeLinear", n -> n.emit(new Quantization.DynamicQuantizeLinear(), n.input(0)));
        registry.add("MatMulInteger", n -> n.emit(new Quantization.MatMulInteger(), n.inputs()));
        registry.add("QLinearMatMul", n -> n.emit(new Quantization.QLinearMatMul(), n.inputs()));
        registry.add("ConvInteger", n -> {
            SpatialAttributes a = SpatialAttributes.ofConvolution(n);
            n.emit(new Quantization.ConvInteger(a.strides(), a.dilations(), a.padsBegin(), a.padsEnd(), n.integer("group", 1)),
                    n.inputs());
        });
        registry.add("QLinearConv", n -> {
            SpatialAttributes a = SpatialAttributes.ofConvolution(n, 3);
            n.emit(new Quantization.QLinearConv(a.strides(), a.dilations(), a.padsBegin(), a.padsEnd(), n.integer("group", 1)),
                    n.inputs());
        });
    }

    private static void quantize(OnnxNode node) {
        DataType type = typeOr(node, "output_dtype", node.hasInput(2) ? node.tensor(2).dataType() : DataType.UINT8);
        if (!type.isInteger() || type.bytes() > Short.BYTES) {
            throw node.unsupported("quantizing to " + type + " is not supported");
        }
        node.emit(new Quantization.QuantizeLinear(type, node.integer("axis", 1), node.integer("block_size", 0),
                typeOr(node, "precision", node.tensor(1).dataType())), node.inputs());
    }

    /** The type an attribute names; 0 is ONNX's way of not naming one. */
    private static DataType typeOr(OnnxNode node, String attribute, DataType otherwise) {
        return node.integer(attribute, 0) == 0 ? otherwise : node.dataType(attribute, otherwise);
    }
}
