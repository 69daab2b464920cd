package io.firesteel.onnx;

import io.firesteel.graph.Graph;
import io.firesteel.op.Attentions;
import io.firesteel.op.CausalConvWithState;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Importers of attention and the operators around it. */
public final class AttentionImporters implements ImporterFamily {

    @Override
    public void register(Registry registry) {
        registry.add("Attention", AttentionImporters::attention);
        registry.add("ai.onnx.preview", "FlexAttention", 1, Integer.MAX_VALUE, AttentionImporters::flexAttention);
        registry.add("LinearAttention", AttentionImporters::linearAttention);
        registry.add("RotaryEmbedding", n -> n.emit(new Attentions.RotaryEmbedding(n.integer("num_heads", 0),
                n.integer("rotary_embedding_dim", 0), n.flag("interleaved", false)), n.inputs()));
        registry.add("CausalConvWithState", AttentionImporters::causalConvolution);
    }

    private static Optional<Float> scale(OnnxNode n) {
        return n.has("scale") ? Optional.of(n.real("scale", 0)) : Optional.empty();
    }

    private static void attention(OnnxNode n) {
        long mode = n.integer("qk_matmul_output_mode", 0);
        Attentions.Scores[] modes = Attentions.Scores.values();
        if (mode < 0 || mode >= modes.length) {
            throw n.invalid("attribute 'qk_matmul_output_mode' must be 0 to 3, is " + mode);
        }
        n.emit(new Attentions.Attention(scale(n), n.real("softcap", 0), n.flag("is_causal", false),
                n.integer("left_window_size", -1), n.integer("right_window_size", -1),
                n.rank(0) == 3 ? n.integer("q_num_heads", 0) : 0, n.rank(1) == 3 ? n.integer("kv_num_heads", 0) : 0,
                modes[(int) mode]), n.inputs());
    }

    private static void flexAttention(OnnxNode n) {
        if (n.rank(0) != 4 || n.rank(1) != 4) {
            throw n.invalid("Q, K and V must have four dimensions");
        }
        DataType natural = n.tensor(0).dataType() == DataType.FLOAT64 ? DataType.FLOAT64 : DataType.FLOAT32;
        DataType precision = n.dataType("softmax_precision", natural);
        Dim keys = n.tensor(1).shape().dim(2);
        Shape q = n.tensor(0).shape();
        ValueType scores = new TensorType(precision, Shape.of(q.dim(0), q.dim(1), q.dim(2), keys));
        List<String> inputs = new ArrayList<>(List.of(n.inputs()));
        Optional<Graph> scoreGraph = graph(n, "score_mod", scores, inputs);
        Optional<Graph> probabilityGraph = graph(n, "prob_mod", scores, inputs);
        n.emit(new Attentions.FlexAttention(scale(n), precision, scoreGraph, probabilityGraph), inputs.toArray(String[]::new));
    }

    private static Optional<Graph> graph(OnnxNode n, String attribute, ValueType scores, List<String> inputs) {
        if (!n.has(attribute)) {
            return Optional.empty();
        }
        OnnxNode.Body body = n.body(attribute, List.of(scores));
        inputs.addAll(body.captures());
        return Optional.of(body.graph());
    }

    private static void linearAttention(OnnxNode n) {
        Attentions.UpdateRule rule = switch (n.string("update_rule", "gated_delta").toLowerCase(Locale.ROOT)) {
            case "linear" -> Attentions.UpdateRule.LINEAR;
            case "gated" -> Attentions.UpdateRule.GATED;
            case "delta" -> Attentions.UpdateRule.DELTA;
            case "gated_delta" -> Attentions.UpdateRule.GATED_DELTA;
            default -> throw n.invalid("attribute 'update_rule' has the unknown value '" + n.string("update_rule", "") + "'");
        };
        float scale = n.real("scale", 0);
        n.emit(new Attentions.LinearAttention(rule, scale == 0 ? Optional.empty() : Optional.of(scale), n.integer("q_num_heads"),
                n.integer("kv_num_heads")), n.inputs());
    }

    private static void causalConvolution(OnnxNode n) {
        boolean silu = switch (n.string("activation", "none")) {
            case "none" -> false;
            case "silu", "swish" -> true;
            default -> throw n.unsupported("activation '" + n.string("activation", "") + "' is not known");
        };
        n.emit(new CausalConvWithState(silu), n.inputs());
    }
}
