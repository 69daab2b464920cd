package io.firesteel.onnx.export;

import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.onnx.proto.ModelProto;
import io.firesteel.onnx.proto.OperatorSetIdProto;
import io.firesteel.onnx.proto.StringStringEntryProto;
import io.firesteel.op.DataMovement;
import io.firesteel.op.Fused;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.Pooling;
import io.firesteel.op.Quantization;
import io.firesteel.pass.Pipelines;
import io.firesteel.plan.Plan;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Writes plans as ONNX models of operator set 19 with explicit quantization, for ONNX Runtime and TensorRT: int8 layers as
 * layers between DequantizeLinear and QuantizeLinear with zero points of 0, int8 weights with one scale for each channel, data
 * movement and pooling between real numbers of one scale, fused operators and attention as ONNX's own.
 */
public final class OnnxExport {

    /** The operator set of the files. */
    public static final int OPSET = 19;

    private static final int IR_VERSION = 9;
    private static final Map<Class<?>, NodeExport> EXPORTS = new HashMap<>();

    static {
        ProductExports.register(EXPORTS);
        LayerExports.register(EXPORTS);
        MovementExports.register(EXPORTS);
        ShapeExports.register(EXPORTS);
        RecurrentExports.register(EXPORTS);
        EXPORTS.put(Fused.PointwiseChain.class, (node, out) -> PointwiseExports.program(((Fused.PointwiseChain) node.operator()).program(),
                node.name(), node.inputs(), node.output(), out));
        EXPORTS.put(Quantization.QuantizeLinear.class, OnnxExport::quantize);
        EXPORTS.put(Quantization.DequantizeLinear.class, OnnxExport::dequantize);
    }

    private OnnxExport() { }

    /**
     * A plan as the content of an ONNX file; equal plans give equal bytes.
     *
     * @throws FiresteelException {@code ONNX_EXPORT} naming a node whose operator has no form in exported files, or where the
     *         constants take more than the 2 GiB of one file
     */
    public static byte[] toBytes(Plan plan) {
        Graph graph = Pipelines.explicit(plan.graph());
        if (graph.constants().values().stream().mapToLong(Tensor::byteSize).sum() >= Integer.MAX_VALUE) {
            throw FiresteelException.user("ONNX_EXPORT", "the constants of model '" + plan.name() + "' take more than the 2 GiB of one ONNX file");
        }
        ExportedGraph out = new ExportedGraph(graph);
        Map<String, Node> quantizations = new HashMap<>();
        for (Node node : graph.nodes()) {
            if (node.operator() instanceof Quantization.QuantizeLinear) {
                quantizations.put(node.output(), node);
            }
            if (isMoved(node) && quantizations.containsKey(node.input(0))) {
                move(node, quantizations, out);
            } else {
                export(node, out);
            }
        }
        ModelProto.Builder model = ModelProto.newBuilder().setIrVersion(IR_VERSION).setProducerName("firesteel").setGraph(out.finish())
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET));
        plan.provenance().forEach((key, value) -> model.addMetadataProps(StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        return model.build().toByteArray();
    }

    /**
     * Writes a plan as an ONNX file, which appears complete or not at all.
     *
     * @throws FiresteelException as {@link #toBytes}, and where the file cannot be written
     */
    public static void write(Plan plan, Path file) {
        byte[] bytes = toBytes(plan);
        try {
            Path parent = file.toAbsolutePath().getParent();
            Files.createDirectories(parent);
            Path temporary = parent.resolve("." + file.getFileName() + "." + UUID.randomUUID() + ".writing");
            try {
                Files.write(temporary, bytes);
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw new FiresteelException("ONNX_EXPORT", FiresteelException.Kind.USER, null, file + " cannot be written: " + e.getMessage(), e);
        }
    }

    private static void export(Node node, ExportedGraph out) {
        NodeExport export = EXPORTS.get(node.operator().getClass());
        if (export != null) {
            export.export(node, out);
        } else if (node.operator() instanceof PointwiseOperator pointwise) {
            PointwiseExports.operator(pointwise, node.name(), node.inputs(), node.output(), out);
        } else {
            throw PointwiseExports.unsupported(node.operator().name(), node.name());
        }
    }

    private static boolean isMoved(Node node) {
        return node.operator() instanceof DataMovement || node.operator() instanceof Pooling.MaxPool;
    }

    /** Moves bytes as the real numbers they stand for, which is what other engines look for. */
    private static void move(Node node, Map<String, Node> quantizations, ExportedGraph out) {
        Node scale = quantizations.get(node.input(0));
        List<String> inputs = new ArrayList<>();
        for (String input : node.inputs()) {
            Node quantize = quantizations.get(input);
            inputs.add(quantize == null ? input : out.node(out.fresh(input + "/real"), "DequantizeLinear", Map.of(), input,
                    quantize.input(1), zeroPoint(quantize, DataType.INT8, out)));
        }
        List<String> outputs = node.outputs().stream().map(o -> o.isEmpty() ? o : out.fresh(o + "/real")).toList();
        export(new Node(node.name(), node.operator(), inputs, outputs, node.origins()), out);
        for (int i = 0; i < outputs.size(); i++) {
            if (!outputs.get(i).isEmpty()) {
                Node quantize = new Node(node.name(), scale.operator(), List.of(outputs.get(i), scale.input(1), scale.input(2)),
                        List.of(node.outputs().get(i)), List.of());
                quantize(quantize, out);
                quantizations.put(node.outputs().get(i), quantize);
            }
        }
    }

    private static void quantize(Node node, ExportedGraph out) {
        Quantization.QuantizeLinear op = (Quantization.QuantizeLinear) node.operator();
        requireNoBlocks(op.blockSize(), node);
        out.node(node.output(), "QuantizeLinear", axis(op.axis(), node, out), node.input(0), node.input(1), zeroPoint(node, op.dataType(), out));
    }

    private static void dequantize(Node node, ExportedGraph out) {
        Quantization.DequantizeLinear op = (Quantization.DequantizeLinear) node.operator();
        requireNoBlocks(op.blockSize(), node);
        out.node(node.output(), "DequantizeLinear", axis(op.axis(), node, out), node.input(0), node.input(1),
                zeroPoint(node, out.source().tensor(node.input(0)).dataType(), out));
    }

    private static void requireNoBlocks(long blockSize, Node node) {
        if (blockSize != 0) {
            throw PointwiseExports.unsupported("quantization in blocks", node.name());
        }
    }

    private static Map<String, ?> axis(long axis, Node node, ExportedGraph out) {
        return out.source().tensor(node.input(1)).shape().rank() == 0 ? Map.of() : Map.of("axis", axis);
    }

    /** The zero point of a node, written out where it is left out: without one a result would be uint8. */
    private static String zeroPoint(Node node, DataType type, ExportedGraph out) {
        return !node.input(2).isEmpty() ? node.input(2)
                : out.constant(node.input(1) + "/zero_point", Tensor.zeros(type, out.source().tensor(node.input(1)).shape().sizes()));
    }
}
