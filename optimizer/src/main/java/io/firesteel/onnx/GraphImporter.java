package io.firesteel.onnx;

import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.onnx.proto.FunctionProto;
import io.firesteel.onnx.proto.GraphProto;
import io.firesteel.onnx.proto.NodeProto;
import io.firesteel.onnx.proto.SparseTensorProto;
import io.firesteel.onnx.proto.TensorProto;
import io.firesteel.onnx.proto.TypeProto;
import io.firesteel.onnx.proto.ValueInfoProto;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Imports one ONNX graph, body or function call; names of enclosing graphs are resolved through the parent. */
final class GraphImporter {

    private static final int DEPTH_LIMIT = 32;

    private final ImportScope scope;
    private final GraphBuilder builder;
    private final GraphImporter parent;
    private final String prefix;
    private final int depth;
    private final Attributes outerAttributes;
    private final Map<String, Long> opsets;
    private final Map<String, String> values = new HashMap<>();
    private final Set<String> unavailable = new HashSet<>();
    private final List<UnsupportedNode> unsupported = new ArrayList<>();
    private final List<String> captures = new ArrayList<>();

    private GraphImporter(ImportScope scope, GraphBuilder builder, GraphImporter parent, String prefix, int depth,
            Attributes outerAttributes, Map<String, Long> opsets) {
        this.scope = scope;
        this.builder = builder;
        this.parent = parent;
        this.prefix = prefix;
        this.depth = depth;
        this.outerAttributes = outerAttributes;
        this.opsets = opsets;
        if (depth > DEPTH_LIMIT) {
            throw FiresteelException.user("MODEL_INVALID", "functions and bodies are nested more than " + DEPTH_LIMIT + " deep");
        }
    }

    /** Imports a model's graph. */
    static Graph importGraph(ImportScope scope, GraphProto proto, Map<String, Long> opsets) {
        GraphBuilder builder = new GraphBuilder(proto.getName().isEmpty() ? "graph" : proto.getName());
        GraphImporter importer = new GraphImporter(scope, builder, null, "", 0, null, opsets);
        importer.importBody(proto, List.of());
        return builder.build();
    }

    /** Imports the body of a node, capturing what it uses of this graph. */
    OnnxNode.Body body(OnnxNode node, GraphProto proto, List<ValueType> formalTypes) {
        GraphBuilder inner = new GraphBuilder(proto.getName().isEmpty() ? "body" : proto.getName());
        GraphImporter importer = new GraphImporter(scope, inner, this, "", depth + 1, outerAttributes, opsets);
        importer.importBody(proto, formalTypes);
        return new OnnxNode.Body(inner.build(), importer.captures);
    }

    private void importBody(GraphProto proto, List<ValueType> formalTypes) {
        Set<String> initializers = new HashSet<>();
        proto.getInitializerList().forEach(t -> initializers.add(t.getName()));
        proto.getSparseInitializerList().forEach(t -> initializers.add(t.getValues().getName()));
        for (int i = 0; i < proto.getInputCount(); i++) {
            ValueInfoProto input = proto.getInput(i);
            if (!initializers.contains(input.getName())) {
                ValueType given = i < formalTypes.size() ? formalTypes.get(i) : null;
                defineOrList("Input", input.getName(), () -> builder.input(input.getName(), inputType(input, given)));
            }
        }
        for (TensorProto initializer : proto.getInitializerList()) {
            defineOrList("Initializer", initializer.getName(),
                    () -> builder.constant(initializer.getName(), tensors().read(initializer)));
        }
        for (SparseTensorProto sparse : proto.getSparseInitializerList()) {
            String initializer = sparse.getValues().getName();
            defineOrList("SparseInitializer", initializer,
                    () -> builder.constant(initializer, SparseTensors.toDense(sparse, tensors())));
        }
        importNodes(proto.getNodeList());
        for (ValueInfoProto output : proto.getOutputList()) {
            builder.output(output.getName(), resolve(output.getName()).orElseThrow(() -> FiresteelException.user("MODEL_INVALID",
                    "output '" + output.getName() + "' of graph '" + proto.getName() + "' is not made by any node")));
        }
    }

    /** Defines a value, or lists it among what is unsupported. */
    private void defineOrList(String kind, String onnx, Supplier<String> value) {
        try {
            define(onnx, value.get());
        } catch (FiresteelException e) {
            if (!e.code().equals("MODEL_UNSUPPORTED")) {
                throw e;
            }
            unsupported.add(new UnsupportedNode(onnx, kind, opsets.getOrDefault("", 1L), List.of(), e.getMessage()));
            unavailable.add(onnx);
        }
    }

    private ValueType inputType(ValueInfoProto input, ValueType given) {
        boolean declared = input.hasType() && input.getType().getValueCase() != TypeProto.ValueCase.VALUE_NOT_SET;
        if (!declared) {
            if (given == null) {
                throw FiresteelException.user("MODEL_INVALID", "input '" + input.getName() + "' has no type");
            }
            return given;
        }
        if (given != null && (!(given instanceof TensorType t) || t.hasRank())) {
            return given;
        }
        return OnnxTypes.valueType(input.getName(), input.getType()).orElseThrow(() -> FiresteelException.user("MODEL_UNSUPPORTED",
                "input '" + input.getName() + "' is of a type that is not supported: "
                        + input.getType().toString().replaceAll("\\s+", " ").strip()));
    }

    private void importNodes(List<NodeProto> nodes) {
        for (NodeProto node : nodes) {
            try {
                importNode(node);
            } catch (UnsupportedModelException e) {
                unsupported.addAll(e.nodes());
                unavailable.addAll(node.getOutputList());
            }
        }
        if (!unsupported.isEmpty()) {
            throw new UnsupportedModelException(unsupported);
        }
    }

    private void importNode(NodeProto proto) {
        if (outerAttributes != null) {
            scope.countInlined(proto, prefix);
        }
        String domain = proto.getDomain().equals("ai.onnx") ? "" : proto.getDomain();
        long opset = opsets.getOrDefault(domain, 1L);
        String name = proto.getName().isEmpty()
                ? prefix + proto.getOpType() + (proto.getOutputCount() > 0 ? "(" + proto.getOutput(0) + ")" : "")
                : prefix + proto.getName();
        Optional<OperatorImporter> importer = scope.importers().find(domain, proto.getOpType(), opset);
        Optional<FunctionProto> function = scope.function(domain, proto.getOpType(), proto.getOverload());
        if (importer.isEmpty() && function.isEmpty()) {
            throw new UnsupportedModelException(List.of(unsupported(proto, name, opset, opsets.containsKey(domain)
                    ? "there is no such operator here; a custom operator's jar must be on the class path"
                    : "the model does not import its operator set '" + domain + "'")));
        }
        List<String> inputs = new ArrayList<>(proto.getInputCount());
        for (String input : proto.getInputList()) {
            if (input.isEmpty()) {
                inputs.add("");
            } else if (isUnavailable(input)) {
                unavailable.addAll(proto.getOutputList());
                return;
            } else {
                inputs.add(resolve(input).orElseThrow(() -> FiresteelException.atNode("MODEL_INVALID", name, "node '" + name + "' ("
                        + proto.getOpType() + ") reads '" + input + "', which nothing before it makes")));
            }
        }
        Attributes attributes = new Attributes(proto, outerAttributes);
        if (function.isPresent()) {
            call(function.get(), proto, name, inputs, attributes);
            return;
        }
        OnnxNode node = new OnnxNode(proto, name, opset, attributes, inputs, this);
        try {
            importer.get().importNode(node);
        } catch (UnsupportedModelException e) {
            throw e;
        } catch (FiresteelException e) {
            throw e.code().equals("MODEL_UNSUPPORTED") ? node.unsupported(e.getMessage()) : e;
        } catch (RuntimeException e) {
            FiresteelException error = node.invalid("attributes and inputs do not fit together (" + e.getMessage() + ")");
            error.addSuppressed(e);
            throw error;
        }
    }

    private void call(FunctionProto function, NodeProto proto, String name, List<String> inputs, Attributes attributes) {
        attributes.addDefaults(function.getAttributeProtoList());
        if (inputs.size() > function.getInputCount() || proto.getOutputCount() > function.getOutputCount()) {
            throw FiresteelException.atNode("MODEL_INVALID", name, "node '" + name + "' calls function '" + function.getName()
                    + "' with " + inputs.size() + " inputs and " + proto.getOutputCount() + " outputs, which has "
                    + function.getInputCount() + " and " + function.getOutputCount());
        }
        Map<String, Long> functionOpsets = new HashMap<>(opsets);
        function.getOpsetImportList().forEach(o -> functionOpsets.put(o.getDomain().equals("ai.onnx") ? "" : o.getDomain(), o.getVersion()));
        GraphImporter inner = new GraphImporter(scope, builder, null, name + "/", depth + 1, attributes, functionOpsets);
        for (int i = 0; i < function.getInputCount(); i++) {
            inner.define(function.getInput(i), i < inputs.size() ? inputs.get(i) : "");
        }
        inner.importNodes(function.getNodeList());
        for (int i = 0; i < proto.getOutputCount(); i++) {
            if (!proto.getOutput(i).isEmpty()) {
                String inside = function.getOutput(i);
                define(proto.getOutput(i), inner.resolve(inside).filter(v -> !v.isEmpty()).orElseThrow(() ->
                        FiresteelException.atNode("MODEL_INVALID", name, "output '" + inside + "' of function '"
                                + function.getName() + "' is not made by any node")));
            }
        }
    }

    /** The value an ONNX name stands for; a value of an enclosing graph becomes a constant or a captured input here. */
    private Optional<String> resolve(String onnx) {
        String known = values.get(onnx);
        if (known != null || parent == null) {
            return Optional.ofNullable(known);
        }
        Optional<String> outer = parent.resolve(onnx);
        if (outer.filter(String::isEmpty).isPresent()) {
            return outer;
        }
        outer.ifPresent(value -> {
            Tensor constant = parent.builder.constantOf(value);
            String here = builder.freshValue(value);
            if (constant != null) {
                builder.constant(here, constant);
            } else {
                builder.input(here, parent.builder.type(value));
                captures.add(value);
            }
            values.put(onnx, here);
        });
        return Optional.ofNullable(values.get(onnx));
    }

    private boolean isUnavailable(String onnx) {
        return unavailable.contains(onnx) || !values.containsKey(onnx) && parent != null && parent.isUnavailable(onnx);
    }

    void define(String onnx, String value) {
        if (values.putIfAbsent(onnx, value) != null) {
            throw FiresteelException.user("MODEL_INVALID", "value '" + onnx + "' is defined twice");
        }
    }

    /** The graph's name for an ONNX output: the same unless a function's body is being inlined. */
    String valueNamed(String onnx) {
        return builder.freshValue(prefix + onnx);
    }

    GraphBuilder builder() {
        return builder;
    }

    TensorReader tensors() {
        return scope.tensors();
    }

    UnsupportedNode unsupported(NodeProto proto, String name, long opset, String reason) {
        List<String> types = proto.getInputList().stream()
                .map(i -> i.isEmpty() || isUnavailable(i) ? "?" : resolve(i).filter(v -> !v.isEmpty())
                        .map(v -> builder.type(v).toString()).orElse("?"))
                .toList();
        String domain = proto.getDomain().isEmpty() || proto.getDomain().equals("ai.onnx") ? "" : proto.getDomain() + ".";
        return new UnsupportedNode(name, domain + proto.getOpType(), opset, types, reason);
    }
}
