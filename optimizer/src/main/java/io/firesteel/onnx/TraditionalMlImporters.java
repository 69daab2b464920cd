package io.firesteel.onnx;

import io.firesteel.op.TraditionalMl.Aggregation;
import io.firesteel.op.TraditionalMl.ArrayFeatureExtractor;
import io.firesteel.op.TraditionalMl.Binarizer;
import io.firesteel.op.TraditionalMl.LabelEncoder;
import io.firesteel.op.TraditionalMl.PostTransform;
import io.firesteel.op.TraditionalMl.TreeEnsemble;
import io.firesteel.op.TraditionalMl.TreeNodes;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/** Importers of the operators of ONNX's domain ai.onnx.ml that work on numbers. */
public final class TraditionalMlImporters implements ImporterFamily {

    private static final String DOMAIN = "ai.onnx.ml";
    private static final int PROBIT = 4;

    @Override
    public void register(Registry registry) {
        registry.add(DOMAIN, "ArrayFeatureExtractor", 1, Integer.MAX_VALUE, n -> n.emit(new ArrayFeatureExtractor(), n.inputs()));
        registry.add(DOMAIN, "Binarizer", 1, Integer.MAX_VALUE, n -> n.emit(new Binarizer(n.real("threshold", 0)), n.inputs()));
        registry.add(DOMAIN, "LabelEncoder", 2, Integer.MAX_VALUE, TraditionalMlImporters::labelEncoder);
        registry.add(DOMAIN, "TreeEnsemble", 5, Integer.MAX_VALUE, TraditionalMlImporters::treeEnsemble);
    }

    private static Tensor vector(List<Long> values) {
        return Tensor.vector(values.stream().mapToLong(Long::longValue).toArray());
    }

    private static Tensor floats(List<Float> values) {
        Tensor tensor = Tensor.zeros(DataType.FLOAT32, values.size());
        for (int i = 0; i < values.size(); i++) {
            tensor.setDouble(i, values.get(i));
        }
        return tensor;
    }

    private static void labelEncoder(OnnxNode n) {
        Tensor keys = table(n, "keys");
        Tensor values = table(n, "values");
        Tensor otherwise = n.tensorAttribute("default_tensor").orElseGet(() -> values.dataType().isFloatingPoint()
                ? floats(List.of(n.real("default_float", -0f))) : Tensor.vector(n.integer("default_int64", -1)));
        n.emit(new LabelEncoder(keys, values, otherwise), n.input(0));
    }

    private static Tensor table(OnnxNode n, String name) {
        if (n.has(name + "_int64s")) {
            return vector(n.integers(name + "_int64s").orElseThrow());
        }
        if (n.has(name + "_floats")) {
            return floats(n.reals(name + "_floats").orElseThrow());
        }
        return n.tensorAttribute(name + "_tensor").orElseThrow(() -> n.unsupported(name + " are strings, or missing"));
    }

    private static Tensor integers(OnnxNode n, String name) {
        return vector(n.integers(name).orElseThrow(() -> n.invalid("attribute '" + name + "' is missing")));
    }

    private static Tensor tensor(OnnxNode n, String name) {
        return n.tensorAttribute(name).orElseThrow(() -> n.invalid("attribute '" + name + "' is missing"));
    }

    private static void treeEnsemble(OnnxNode n) {
        Tensor modes = tensor(n, "nodes_modes");
        Optional<Tensor> missing = n.integers("nodes_missing_value_tracks_true").filter(m -> !m.isEmpty())
                .map(TraditionalMlImporters::vector);
        TreeNodes nodes = new TreeNodes(integers(n, "nodes_featureids"), modes, tensor(n, "nodes_splits"),
                integers(n, "nodes_truenodeids"), integers(n, "nodes_trueleafs"), integers(n, "nodes_falsenodeids"),
                integers(n, "nodes_falseleafs"), missing, n.tensorAttribute("membership_values"));
        List<Tensor> columns = List.of(nodes.features(), nodes.splits(), nodes.trueNodes(), nodes.trueLeaves(), nodes.falseNodes(),
                nodes.falseLeaves(), missing.orElse(modes));
        if (columns.stream().anyMatch(c -> c.elements() != modes.elements())) {
            throw n.invalid("the attributes of nodes must all have " + modes.elements() + " elements");
        }
        long transform = n.integer("post_transform", 0);
        if (transform == PROBIT) {
            throw n.unsupported("post_transform PROBIT is not supported");
        }
        n.emit(new TreeEnsemble(nodes, n.integers("tree_roots").orElseThrow(() -> n.invalid("attribute 'tree_roots' is missing")),
                integers(n, "leaf_targetids"), tensor(n, "leaf_weights"), n.integer("n_targets", 1),
                Aggregation.values()[(int) n.integer("aggregate_function", 1)], PostTransform.values()[(int) transform]), n.input(0));
    }
}
