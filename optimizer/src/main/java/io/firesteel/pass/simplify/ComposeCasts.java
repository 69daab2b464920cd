package io.firesteel.pass.simplify;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Conversions;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.DataType;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Converts at once what was converted over a type that holds every value of the first one.
 *
 * <pre>
 * Cast(Cast(x fp16; fp32); int64)   ->   Cast(x; int64)
 * Cast(Cast(x fp16; fp32); fp16)    ->   x
 * </pre>
 */
public final class ComposeCasts implements Rule {

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!(node.operator() instanceof Conversions.Cast outer)) {
            return Optional.empty();
        }
        return graph.producer(node.input(0)).filter(n -> n.operator() instanceof Conversions.Cast).flatMap(inner -> {
            DataType from = graph.tensor(inner.input(0)).dataType();
            if (!holders(from).contains(((Conversions.Cast) inner.operator()).to())) {
                return Optional.empty();
            }
            Patch.Builder patch = Patch.on(graph).remove(node);
            return Optional.of(from == outer.to() ? patch.replace(node.output(), inner.input(0)).build()
                    : patch.put(outer, List.of(inner.input(0)), node.outputs()).build());
        });
    }

    /** The types that represent every value of a type exactly. */
    private static Set<DataType> holders(DataType type) {
        return switch (type) {
            case FLOAT16, BFLOAT16 -> EnumSet.of(type, DataType.FLOAT32, DataType.FLOAT64);
            case FLOAT32 -> EnumSet.of(type, DataType.FLOAT64);
            case FLOAT64, INT64, UINT64 -> EnumSet.of(type);
            case BOOL -> EnumSet.allOf(DataType.class);
            case INT8 -> EnumSet.of(type, DataType.INT16, DataType.INT32, DataType.INT64, DataType.FLOAT16, DataType.BFLOAT16,
                    DataType.FLOAT32, DataType.FLOAT64);
            case UINT8 -> EnumSet.of(type, DataType.UINT16, DataType.UINT32, DataType.UINT64, DataType.INT16, DataType.INT32,
                    DataType.INT64, DataType.FLOAT16, DataType.BFLOAT16, DataType.FLOAT32, DataType.FLOAT64);
            case INT16 -> EnumSet.of(type, DataType.INT32, DataType.INT64, DataType.FLOAT32, DataType.FLOAT64);
            case UINT16 -> EnumSet.of(type, DataType.UINT32, DataType.UINT64, DataType.INT32, DataType.INT64, DataType.FLOAT32,
                    DataType.FLOAT64);
            case INT32 -> EnumSet.of(type, DataType.INT64, DataType.FLOAT64);
            case UINT32 -> EnumSet.of(type, DataType.UINT64, DataType.INT64, DataType.FLOAT64);
        };
    }
}
