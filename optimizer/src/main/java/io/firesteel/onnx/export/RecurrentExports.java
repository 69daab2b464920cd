package io.firesteel.onnx.export;

import io.firesteel.graph.Node;
import io.firesteel.op.Recurrent;
import io.firesteel.op.RecurrentActivation;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Recurrent layers, whose inputs are ONNX's. */
final class RecurrentExports {

    private static final Map<RecurrentActivation.Function, String> NAMES = Map.of(RecurrentActivation.Function.RELU, "Relu",
            RecurrentActivation.Function.TANH, "Tanh", RecurrentActivation.Function.SIGMOID, "Sigmoid");

    private RecurrentExports() { }

    static void register(Map<Class<?>, NodeExport> exports) {
        exports.put(Recurrent.RNN.class, (node, out) -> write(node, ((Recurrent.RNN) node.operator()).form(), Map.of(), out));
        exports.put(Recurrent.GRU.class, (node, out) -> {
            Recurrent.GRU op = (Recurrent.GRU) node.operator();
            write(node, op.form(), Map.of("linear_before_reset", op.linearBeforeReset()), out);
        });
        exports.put(Recurrent.LSTM.class, (node, out) -> {
            Recurrent.LSTM op = (Recurrent.LSTM) node.operator();
            write(node, op.form(), Map.of("input_forget", op.inputForget()), out);
        });
    }

    private static void write(Node node, Recurrent.Form form, Map<String, Object> further, ExportedGraph out) {
        List<String> activations = form.activations().stream().map(activation -> {
            String name = NAMES.get(activation.function());
            if (name == null) {
                throw PointwiseExports.unsupported(node.operator().name() + " with " + activation.function(), node.name());
            }
            return name;
        }).toList();
        Map<String, Object> attributes = new HashMap<>(further);
        attributes.put("direction", form.direction().name().toLowerCase(Locale.ROOT));
        attributes.put("activations", activations);
        attributes.put("hidden_size", out.source().tensor(node.input(2)).shape().dim(2).size());
        attributes.put("layout", form.batchFirst());
        if (Float.isFinite(form.clip()) && form.clip() > 0) {
            attributes.put("clip", form.clip());
        }
        LayerExports.write(node, attributes, out);
    }
}
