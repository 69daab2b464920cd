package io.firesteel.spark.catalog;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.plan.Layers;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;

/** The layers of a model's optimized network: {@code models.NAME.layers}. */
public final class LayersTable implements ModelTable {

    @Override
    public String name() {
        return "layers";
    }

    @Override
    public StructType schema() {
        return StructType.fromDDL("position INT NOT NULL, name STRING NOT NULL, operator STRING NOT NULL,"
                + " computes BOOLEAN NOT NULL, inputs ARRAY<STRING> NOT NULL, outputs ARRAY<STRING> NOT NULL,"
                + " output_types ARRAY<STRING> NOT NULL, onnx_nodes ARRAY<STRING> NOT NULL");
    }

    @Override
    public List<InternalRow> rows(StoredModel model) {
        Graph graph = model.plan().graph();
        List<InternalRow> rows = new ArrayList<>();
        for (Node node : graph.nodes()) {
            List<String> outputs = node.outputs().stream().filter(output -> !output.isEmpty()).toList();
            rows.add(Catalyst.row(rows.size(), node.name(), node.operator().toString(), Layers.isLayer(graph, node),
                    node.inputs().stream().filter(input -> graph.constant(input).isEmpty()).toList(), outputs,
                    outputs.stream().map(output -> graph.type(output).toString()).toList(), node.origins()));
        }
        return rows;
    }
}
