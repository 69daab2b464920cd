package io.firesteel.onnx.export;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.Convolution;
import io.firesteel.op.ConvolutionTranspose;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.Fused;
import io.firesteel.op.MatMul;
import io.firesteel.op.Quantization;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Convolutions, matrix products and attention, what is fused into them written behind them. */
final class ProductExports {

    private ProductExports() { }

    static void register(Map<Class<?>, NodeExport> exports) {
        exports.put(Convolution.class, (node, out) -> {
            Convolution op = (Convolution) node.operator();
            out.node(beforeEpilogue(node, out), "Conv", Map.of("strides", op.strides(), "dilations", op.dilations(), "group", op.groups(),
                    "pads", Stream.concat(op.padsBegin().stream(), op.padsEnd().stream()).toList()), node.input(0), node.input(1), node.input(2));
            epilogue(node, op, beforeEpilogue(node, out), out);
        });
        exports.put(ConvolutionTranspose.class, (node, out) -> {
            ConvolutionTranspose op = (ConvolutionTranspose) node.operator();
            out.node(beforeEpilogue(node, out), "ConvTranspose", Map.of("strides", op.strides(), "dilations", op.dilations(),
                    "group", op.groups(), "output_padding", op.outputPadding(),
                    "pads", Stream.concat(op.padsBegin().stream(), op.padsEnd().stream()).toList()), node.input(0), node.input(1), node.input(2));
            epilogue(node, op, beforeEpilogue(node, out), out);
        });
        exports.put(MatMul.class, ProductExports::matmul);
        exports.put(Fused.MultiHeadAttention.class, ProductExports::attention);
    }

    private static String beforeEpilogue(Node node, ExportedGraph out) {
        return ((EpilogueOperator) node.operator()).epilogue().isIdentity() ? node.output() : node.output() + "/product";
    }

    private static void epilogue(Node node, EpilogueOperator op, String product, ExportedGraph out) {
        if (op.epilogue().isIdentity()) {
            return;
        }
        List<String> inputs = new ArrayList<>(List.of(product));
        for (int i = 1; i < op.epilogue().inputs(); i++) {
            inputs.add(node.input(EpilogueOperator.EPILOGUE_INPUT + i - 1));
        }
        PointwiseExports.program(op.epilogue(), node.name(), inputs, node.output(), out);
    }

    private static void matmul(Node node, ExportedGraph out) {
        MatMul op = (MatMul) node.operator();
        String a = op.transposeA() ? transposed(node.input(0), out) : node.input(0);
        String b = op.transposeB() ? transposedWeights(node.input(1), out).orElseGet(() -> transposed(node.input(1), out)) : node.input(1);
        String result = beforeEpilogue(node, out);
        if (node.input(EpilogueOperator.BIAS_INPUT).isEmpty()) {
            out.node(result, "MatMul", Map.of(), a, b);
        } else {
            out.node(result, "Add", Map.of(), out.node(out.fresh(node.output() + "/matmul"), "MatMul", Map.of(), a, b),
                    node.input(EpilogueOperator.BIAS_INPUT));
        }
        epilogue(node, op, result, out);
    }

    private static String transposed(String value, ExportedGraph out) {
        int rank = out.source().tensor(value).shape().rank();
        List<Long> perm = new ArrayList<>(LongStream.range(0, rank).boxed().toList());
        perm.set(rank - 1, rank - 2L);
        perm.set(rank - 2, rank - 1L);
        return out.node(out.fresh(value + "/transposed"), "Transpose", Map.of("perm", perm), value);
    }

    /** Quantized weights are exchanged as bytes, so that nothing stands between their dequantization and the product. */
    private static Optional<String> transposedWeights(String value, ExportedGraph out) {
        Graph graph = out.source();
        Optional<Node> dequantize = graph.producer(value).filter(n -> n.operator() instanceof Quantization.DequantizeLinear);
        Optional<Tensor> bytes = dequantize.flatMap(n -> graph.constant(n.input(0))).filter(t -> t.rank() == 2);
        if (bytes.isEmpty()) {
            return Optional.empty();
        }
        Tensor from = bytes.get();
        Tensor to = Tensor.zeros(from.dataType(), from.size(1), from.size(0));
        for (long i = 0; i < from.elements(); i++) {
            to.setLong(i % from.size(1) * from.size(0) + i / from.size(1), from.getLong(i));
        }
        Node node = dequantize.get();
        boolean perTensor = graph.tensor(node.input(1)).shape().rank() == 0;
        long axis = 1 - ((Quantization.DequantizeLinear) node.operator()).axis();
        return Optional.of(out.node(out.fresh(value + "/transposed"), "DequantizeLinear", perTensor ? Map.of() : Map.of("axis", axis),
                out.constant(node.input(0) + "/transposed", to), node.input(1), node.input(2)));
    }

    private static void attention(Node node, ExportedGraph out) {
        Fused.MultiHeadAttention op = (Fused.MultiHeadAttention) node.operator();
        String name = node.output();
        List<String> parts = List.of(node.input(0), node.input(1), node.input(2));
        if (op.packed()) {
            long width = out.source().tensor(node.input(0)).shape().dim(2).size() / 3;
            parts = List.of(out.fresh(name + "/query"), out.fresh(name + "/key"), out.fresh(name + "/value"));
            out.node(parts, "Split", Map.of("axis", 2L), List.of(node.input(0), out.integers(name + "/split", List.of(width, width, width))));
        }
        String query = heads(parts.get(0), op.heads(), List.of(0L, 2L, 1L, 3L), name + "/query/heads", out);
        String key = heads(parts.get(1), op.heads(), List.of(0L, 2L, 3L, 1L), name + "/key/heads", out);
        String value = heads(parts.get(2), op.heads(), List.of(0L, 2L, 1L, 3L), name + "/value/heads", out);
        String scores = out.node(out.fresh(name + "/scores"), "Mul", Map.of(), out.node(out.fresh(name + "/product"), "MatMul", Map.of(), query, key),
                out.constant(name + "/scale", Tensor.scalar(DataType.FLOAT32, op.scale())));
        if (!node.input(3).isEmpty()) {
            scores = out.node(out.fresh(name + "/masked"), "Add", Map.of(), scores, node.input(3));
        }
        String weights = out.node(out.fresh(name + "/weights"), "Softmax", Map.of("axis", -1L), scores);
        if (op.zeroWhenMasked()) {
            weights = out.node(out.fresh(name + "/guarded"), "Where", Map.of(), out.node(out.fresh(name + "/empty"), "IsNaN", Map.of(), weights),
                    out.constant(name + "/zero", Tensor.scalar(DataType.FLOAT32, 0)), weights);
        }
        String context = out.node(out.fresh(name + "/context"), "MatMul", Map.of(), weights, value);
        out.node(name, "Reshape", Map.of(), out.node(out.fresh(name + "/rows"), "Transpose", Map.of("perm", List.of(0L, 2L, 1L, 3L)), context),
                out.integers(name + "/shape", List.of(0L, 0L, -1L)));
    }

    private static String heads(String value, long heads, List<Long> perm, String hint, ExportedGraph out) {
        String split = out.node(out.fresh(hint + "/split"), "Reshape", Map.of(), value, out.integers(hint + "/shape", List.of(0L, 0L, heads, -1L)));
        return out.node(out.fresh(hint), "Transpose", Map.of("perm", perm), split);
    }
}
