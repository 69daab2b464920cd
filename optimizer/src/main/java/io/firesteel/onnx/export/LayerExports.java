package io.firesteel.onnx.export;

import io.firesteel.graph.Node;
import io.firesteel.op.Indexing;
import io.firesteel.op.Normalizations;
import io.firesteel.op.Pooling;
import io.firesteel.op.PoolingWindow;
import io.firesteel.op.Reduction;
import io.firesteel.op.Reductions;
import io.firesteel.op.Resampling;
import io.firesteel.op.Softmaxes;
import io.firesteel.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Pooling, reductions, normalizations, softmax, gathering and resizing. */
final class LayerExports {

    private LayerExports() { }

    static void register(Map<Class<?>, NodeExport> exports) {
        exports.put(Pooling.MaxPool.class, (node, out) -> {
            Pooling.MaxPool op = (Pooling.MaxPool) node.operator();
            Map<String, Object> attributes = window(op.window());
            attributes.put("storage_order", op.columnMajorIndices());
            write(node, attributes, out);
        });
        exports.put(Pooling.AveragePool.class, (node, out) -> {
            Pooling.AveragePool op = (Pooling.AveragePool) node.operator();
            Map<String, Object> attributes = window(op.window());
            attributes.put("count_include_pad", op.countIncludePad());
            write(node, attributes, out);
        });
        exports.put(Pooling.GlobalAveragePool.class, (node, out) -> write(node, Map.of(), out));
        exports.put(Pooling.GlobalMaxPool.class, (node, out) -> write(node, Map.of(), out));
        for (Class<?> reduction : List.of(Reductions.ReduceSum.class, Reductions.ReduceMean.class, Reductions.ReduceMax.class,
                Reductions.ReduceMin.class, Reductions.ReduceProd.class, Reductions.ReduceL1.class, Reductions.ReduceL2.class,
                Reductions.ReduceSumSquare.class)) {
            exports.put(reduction, LayerExports::reduce);
        }
        exports.put(Softmaxes.Softmax.class, (node, out) -> write(node, Map.of("axis", ((Softmaxes.Softmax) node.operator()).axis()), out));
        exports.put(Softmaxes.LogSoftmax.class,
                (node, out) -> write(node, Map.of("axis", ((Softmaxes.LogSoftmax) node.operator()).axis()), out));
        exports.put(Indexing.Gather.class, (node, out) -> write(node, Map.of("axis", ((Indexing.Gather) node.operator()).axis()), out));
        exports.put(Normalizations.LayerNormalization.class, (node, out) -> {
            Normalizations.LayerNormalization op = (Normalizations.LayerNormalization) node.operator();
            write(node, Map.of("axis", op.axis(), "epsilon", op.epsilon()), out);
        });
        exports.put(Normalizations.RMSNormalization.class, LayerExports::rootMeanSquare);
        exports.put(Normalizations.BatchNormalization.class, (node, out) -> write(node,
                Map.of("epsilon", ((Normalizations.BatchNormalization) node.operator()).epsilon()), out));
        exports.put(Normalizations.InstanceNormalization.class, (node, out) -> write(node,
                Map.of("epsilon", ((Normalizations.InstanceNormalization) node.operator()).epsilon()), out));
        exports.put(Normalizations.LRN.class, (node, out) -> {
            Normalizations.LRN op = (Normalizations.LRN) node.operator();
            write(node, Map.of("size", op.size(), "alpha", op.alpha(), "beta", op.beta(), "bias", op.bias()), out);
        });
        exports.put(Resampling.Resize.class, LayerExports::resize);
    }

    /** An operator that ONNX has under the same name. */
    static void write(Node node, Map<String, ?> attributes, ExportedGraph out) {
        out.node(node.outputs(), node.operator().name(), attributes, node.inputs());
    }

    private static Map<String, Object> window(PoolingWindow window) {
        Map<String, Object> attributes = new HashMap<>();
        attributes.put("kernel_shape", window.kernel());
        attributes.put("strides", window.strides());
        attributes.put("pads", Stream.concat(window.padsBegin().stream(), window.padsEnd().stream()).toList());
        attributes.put("ceil_mode", window.ceilMode());
        if (window.dilations().stream().anyMatch(d -> d != 1)) {
            attributes.put("dilations", window.dilations());
        }
        return attributes;
    }

    private static void reduce(Node node, ExportedGraph out) {
        Reduction op = (Reduction) node.operator();
        String axes = !node.input(1).isEmpty() ? node.input(1)
                : op.axes().isEmpty() ? "" : out.integers(node.output() + "/axes", op.axes());
        out.node(node.output(), op.name(), Map.of("keepdims", op.keepDims(), "noop_with_empty_axes", op.noopWithEmptyAxes()),
                node.input(0), axes);
    }

    private static void rootMeanSquare(Node node, ExportedGraph out) {
        Normalizations.RMSNormalization op = (Normalizations.RMSNormalization) node.operator();
        String name = node.output();
        int rank = out.source().tensor(node.input(0)).shape().rank();
        long first = op.axis() < 0 ? op.axis() + rank : op.axis();
        String square = out.node(out.fresh(name + "/square"), "Mul", Map.of(), node.input(0), node.input(0));
        String mean = out.node(out.fresh(name + "/mean"), "ReduceMean", Map.of(), square,
                out.integers(name + "/axes", LongStream.range(first, rank).boxed().toList()));
        String sum = out.node(out.fresh(name + "/sum"), "Add", Map.of(), mean, out.scalar(name + "/epsilon", op.epsilon()));
        String root = out.node(out.fresh(name + "/root"), "Sqrt", Map.of(), sum);
        String normal = out.node(out.fresh(name + "/normal"), "Div", Map.of(), node.input(0), root);
        out.node(name, "Mul", Map.of(), normal, node.input(1));
    }

    private static void resize(Node node, ExportedGraph out) {
        Resampling.Resize op = (Resampling.Resize) node.operator();
        Resampling.Interpolation how = op.interpolation();
        if (how.transformation() == Resampling.CoordinateTransformation.TF_CROP_AND_RESIZE) {
            throw PointwiseExports.unsupported("Resize of a region", node.name());
        }
        Map<String, Object> attributes = new HashMap<>();
        attributes.put("mode", how.mode().name().toLowerCase(Locale.ROOT));
        attributes.put("coordinate_transformation_mode", how.transformation().name().toLowerCase(Locale.ROOT));
        if (how.mode() == Resampling.Mode.NEAREST) {
            attributes.put("nearest_mode", (how.nearest() == Resampling.NearestMode.SIMPLE ? Resampling.NearestMode.FLOOR : how.nearest())
                    .name().toLowerCase(Locale.ROOT));
        }
        attributes.put("cubic_coeff_a", how.cubicCoefficient());
        attributes.put("exclude_outside", how.excludeOutside());
        attributes.put("antialias", how.antialias());
        attributes.put("axes", op.axes());
        attributes.put("keep_aspect_ratio_policy", op.policy().name().toLowerCase(Locale.ROOT));
        String scales = "";
        if (!op.scales().isEmpty()) {
            float[] factors = new float[op.scales().size()];
            for (int i = 0; i < factors.length; i++) {
                factors[i] = op.scales().get(i);
            }
            scales = out.constant(node.output() + "/scales", Tensor.floats(new long[] {factors.length}, factors));
        }
        out.node(node.output(), "Resize", attributes, node.input(0), "", scales,
                op.sizes().isEmpty() ? "" : out.integers(node.output() + "/sizes", op.sizes()));
    }
}
