package io.firesteel.onnx.export;

import io.firesteel.FiresteelException;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Conversions;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Pointwise operators and programs of them as ONNX nodes, one for each operator where ONNX has it. */
final class PointwiseExports {

    /** Operators that ONNX has under the same name, without attributes. */
    private static final Set<String> SAME = Set.of("Add", "Sub", "Mul", "Div", "Pow", "Min", "Max", "PRelu", "Relu", "Sigmoid", "Tanh",
            "HardSwish", "Softplus", "Softsign", "Mish", "Exp", "Log", "Sqrt", "Reciprocal", "Erf", "Neg", "Abs", "Sign", "Floor", "Ceil",
            "Round", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "Equal", "Less",
            "LessOrEqual", "Greater", "GreaterOrEqual", "And", "Or", "Xor", "Not", "Where");

    private PointwiseExports() { }

    /**
     * Writes a program.
     *
     * @param node named in errors
     * @param inputs values of the program's inputs
     * @param output name of its result
     */
    static void program(PointwiseProgram program, String node, List<String> inputs, String output, ExportedGraph out) {
        List<String> values = new ArrayList<>(inputs);
        for (int i = 0; i < program.instructions().size(); i++) {
            PointwiseProgram.Instruction instruction = program.instructions().get(i);
            boolean last = i == program.instructions().size() - 1;
            String name = last ? output : out.fresh(output + "/" + instruction.operator().name());
            operator(instruction.operator(), node, instruction.operands().stream().map(values::get).toList(), name, out);
            values.add(name);
        }
    }

    /** Writes one operator. */
    static void operator(PointwiseOperator operator, String node, List<String> inputs, String output, ExportedGraph out) {
        if (SAME.contains(operator.name())) {
            out.node(List.of(output), operator.name(), Map.of(), inputs);
            return;
        }
        String x = inputs.get(0);
        if (operator instanceof Activations.Swish swish) {
            String scaled = swish.alpha() == 1 ? x
                    : out.node(out.fresh(output + "/scaled"), "Mul", Map.of(), x, out.scalar(output + "/alpha", swish.alpha()));
            out.node(output, "Mul", Map.of(), x, out.node(out.fresh(output + "/gate"), "Sigmoid", Map.of(), scaled));
        } else if (operator instanceof Activations.Gelu gelu) {
            gelu(gelu.tanh(), x, output, out);
        } else if (operator instanceof Activations.ClipTo clip) {
            out.node(output, "Clip", Map.of(), x, clip.lower() == Double.NEGATIVE_INFINITY ? "" : out.scalar(output + "/lower", clip.lower()),
                    clip.upper() == Double.POSITIVE_INFINITY ? "" : out.scalar(output + "/upper", clip.upper()));
        } else {
            out.node(List.of(output), operator.name(), attributes(operator, node), inputs);
        }
    }

    private static Map<String, ?> attributes(PointwiseOperator operator, String node) {
        if (operator instanceof Activations.LeakyRelu op) {
            return Map.of("alpha", op.alpha());
        } else if (operator instanceof Activations.HardSigmoid op) {
            return Map.of("alpha", op.alpha(), "beta", op.beta());
        } else if (operator instanceof Activations.Elu op) {
            return Map.of("alpha", op.alpha());
        } else if (operator instanceof Activations.Selu op) {
            return Map.of("alpha", op.alpha(), "gamma", op.gamma());
        } else if (operator instanceof Activations.Celu op) {
            return Map.of("alpha", op.alpha());
        } else if (operator instanceof Activations.ThresholdedRelu op) {
            return Map.of("alpha", op.alpha());
        } else if (operator instanceof Activations.Shrink op) {
            return Map.of("lambd", op.lambda(), "bias", op.bias());
        } else if (operator instanceof Arithmetic.Mod op) {
            return Map.of("fmod", op.fmod());
        } else if (operator instanceof Conversions.Cast op) {
            return Map.of("to", op.to());
        }
        throw unsupported(operator.name(), node);
    }

    static FiresteelException unsupported(String operator, String node) {
        return FiresteelException.atNode("ONNX_EXPORT", node, operator + " has no form in exported ONNX files");
    }

    /** {@code x / 2 * (1 + erf(x / sqrt 2))}, or with tanh for erf. */
    private static void gelu(boolean tanh, String x, String output, ExportedGraph out) {
        String inner;
        if (tanh) {
            String square = out.node(out.fresh(output + "/square"), "Mul", Map.of(), x, x);
            String scaled = out.node(out.fresh(output + "/scaled"), "Mul", Map.of(), square, out.scalar(output + "/cubic", 0.044715));
            String plus = out.node(out.fresh(output + "/plus"), "Add", Map.of(), scaled, out.scalar(output + "/one", 1));
            String factor = out.node(out.fresh(output + "/factor"), "Mul", Map.of(), plus,
                    out.scalar(output + "/root", Math.sqrt(2 / Math.PI)));
            inner = out.node(out.fresh(output + "/tanh"), "Tanh", Map.of(), out.node(out.fresh(output + "/argument"), "Mul", Map.of(), factor, x));
        } else {
            inner = out.node(out.fresh(output + "/erf"), "Erf", Map.of(), out.node(out.fresh(output + "/argument"), "Mul", Map.of(), x,
                    out.scalar(output + "/root", Math.sqrt(0.5))));
        }
        String weight = out.node(out.fresh(output + "/weight"), "Add", Map.of(), inner, out.scalar(output + "/one", 1));
        out.node(output, "Mul", Map.of(), out.node(out.fresh(output + "/half"), "Mul", Map.of(), x, out.scalar(output + "/two", 0.5)), weight);
    }
}
