package io.firesteel.onnx;

import io.firesteel.FiresteelException;
import io.firesteel.onnx.proto.FunctionProto;
import io.firesteel.onnx.proto.ModelProto;
import io.firesteel.onnx.proto.NodeProto;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What all graphs of one model share while it is imported. */
final class ImportScope {

    private static final long INLINED_NODE_SIZE = 1 << 10;
    private static final long INLINED_SIZE_LIMIT = 1 << 27;

    private final Importers importers = new Importers();
    private final TensorReader tensors;
    private final Map<String, FunctionProto> functions = new HashMap<>();
    private long inlinedSize;

    ImportScope(ModelProto model, TensorReader tensors) {
        this.tensors = tensors;
        model.getFunctionsList().forEach(f -> functions.put(key(f.getDomain(), f.getName(), f.getOverload()), f));
    }

    Importers importers() {
        return importers;
    }

    TensorReader tensors() {
        return tensors;
    }

    /** The model's own definition of an operator, if it has one. */
    Optional<FunctionProto> function(String domain, String name, String overload) {
        return Optional.ofNullable(functions.get(key(domain, name, overload)));
    }

    /**
     * Counts a node inlined from a function. Functions that call each other twice grow exponentially, so a small file could
     * ask for any amount of memory.
     *
     * @throws FiresteelException when the model's functions expand to too much
     */
    void countInlined(NodeProto node, String prefix) {
        inlinedSize += INLINED_NODE_SIZE + prefix.length() + node.getName().length();
        for (String output : node.getOutputList()) {
            inlinedSize += prefix.length() + output.length();
        }
        if (inlinedSize > INLINED_SIZE_LIMIT) {
            throw FiresteelException.user("MODEL_UNSUPPORTED", "the model's functions expand to more than "
                    + INLINED_SIZE_LIMIT / INLINED_NODE_SIZE + " nodes: export it without functions or in parts");
        }
    }

    private static String key(String domain, String name, String overload) {
        return (domain.equals("ai.onnx") ? "" : domain) + ":" + name + ":" + overload;
    }
}
