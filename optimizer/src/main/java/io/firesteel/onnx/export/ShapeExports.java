package io.firesteel.onnx.export;

import io.firesteel.op.CumulativeOperators;
import io.firesteel.op.Generators;
import io.firesteel.op.Indexing;
import io.firesteel.op.Movement;
import io.firesteel.op.Ordering;
import io.firesteel.op.Reshaping;
import io.firesteel.op.ShapeQueries;
import io.firesteel.op.Slicing;
import io.firesteel.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Sizes that are known when a batch is, what is made of them, and indexing: how exporters write masks and positions. */
final class ShapeExports {

    private ShapeExports() { }

    static void register(Map<Class<?>, NodeExport> exports) {
        exports.put(ShapeQueries.Shape.class, (node, out) -> {
            ShapeQueries.Shape op = (ShapeQueries.Shape) node.operator();
            Map<String, Object> attributes = new HashMap<>(Map.of("start", op.start()));
            op.end().ifPresent(end -> attributes.put("end", end));
            LayerExports.write(node, attributes, out);
        });
        exports.put(Generators.ConstantOfShape.class, (node, out) -> {
            Generators.ConstantOfShape op = (Generators.ConstantOfShape) node.operator();
            Tensor value = Tensor.zeros(op.dataType(), 1);
            if (op.dataType().isFloatingPoint()) {
                value.setDouble(0, op.real());
            } else {
                value.setLong(0, op.integer());
            }
            LayerExports.write(node, Map.of("value", value), out);
        });
        for (Class<?> same : List.of(ShapeQueries.Size.class, Generators.Range.class)) {
            exports.put(same, (node, out) -> LayerExports.write(node, Map.of(), out));
        }
        Map.of(Movement.DynamicExpand.class, "Expand", Movement.DynamicTile.class, "Tile", Slicing.DynamicSlice.class, "Slice",
                Reshaping.DynamicSqueeze.class, "Squeeze", Reshaping.DynamicUnsqueeze.class, "Unsqueeze").forEach((operator, type) ->
                exports.put(operator, (node, out) -> out.node(node.outputs(), type, Map.of(), node.inputs())));
        exports.put(Indexing.GatherND.class,
                (node, out) -> LayerExports.write(node, Map.of("batch_dims", ((Indexing.GatherND) node.operator()).batchDims()), out));
        exports.put(Indexing.GatherElements.class,
                (node, out) -> LayerExports.write(node, Map.of("axis", ((Indexing.GatherElements) node.operator()).axis()), out));
        exports.put(CumulativeOperators.CumSum.class, (node, out) -> {
            CumulativeOperators.CumSum op = (CumulativeOperators.CumSum) node.operator();
            LayerExports.write(node, Map.of("exclusive", op.exclusive(), "reverse", op.reverse()), out);
        });
        exports.put(Ordering.TopK.class, (node, out) -> {
            Ordering.TopK op = (Ordering.TopK) node.operator();
            LayerExports.write(node, Map.of("axis", op.axis(), "largest", op.largest(), "sorted", op.sorted()), out);
        });
        exports.put(Ordering.ArgMax.class, (node, out) -> {
            Ordering.ArgMax op = (Ordering.ArgMax) node.operator();
            LayerExports.write(node, Map.of("axis", op.axis(), "keepdims", op.keepDims(), "select_last_index", op.selectLastIndex()), out);
        });
    }
}
