package io.firesteel.onnx;

import io.firesteel.onnx.proto.FunctionProto;
import io.firesteel.onnx.proto.ModelProto;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What all graphs of one model share while it is imported. */
final class ImportScope {

    private final Importers importers = new Importers();
    private final TensorReader tensors;
    private final Map<String, FunctionProto> functions = new HashMap<>();

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

    private static String key(String domain, String name, String overload) {
        return (domain.equals("ai.onnx") ? "" : domain) + ":" + name + ":" + overload;
    }
}
