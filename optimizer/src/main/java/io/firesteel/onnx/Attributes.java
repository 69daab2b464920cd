package io.firesteel.onnx;

import com.google.protobuf.ByteString;
import io.firesteel.onnx.proto.AttributeProto;
import io.firesteel.onnx.proto.AttributeProto.AttributeType;
import io.firesteel.onnx.proto.NodeProto;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The attributes of one node, those that refer to a function's attributes already replaced by what the call gives. */
final class Attributes {

    private final Map<String, AttributeProto> byName = new HashMap<>();

    /** @param outer the attributes of the function call this node is in, or null at top level */
    Attributes(NodeProto node, Attributes outer) {
        for (AttributeProto attribute : node.getAttributeList()) {
            if (attribute.getRefAttrName().isEmpty()) {
                byName.put(attribute.getName(), attribute);
            } else if (outer != null && outer.byName.containsKey(attribute.getRefAttrName())) {
                byName.put(attribute.getName(), outer.byName.get(attribute.getRefAttrName()));
            }
        }
    }

    /** Gives a default to attributes the node does not have. */
    void addDefaults(List<AttributeProto> defaults) {
        defaults.forEach(a -> byName.putIfAbsent(a.getName(), a));
    }

    boolean has(String name) {
        return byName.containsKey(name);
    }

    /** The attribute, checked to be of the wanted type where the file says its type. */
    Optional<AttributeProto> find(String name, AttributeType type, OnnxNode node) {
        AttributeProto attribute = byName.get(name);
        if (attribute != null && attribute.getType() != type && attribute.getType() != AttributeType.UNDEFINED) {
            throw node.invalid("attribute '" + name + "' must be of type " + type + ", is " + attribute.getType());
        }
        return Optional.ofNullable(attribute);
    }

    static String text(ByteString bytes) {
        return bytes.toStringUtf8();
    }
}
