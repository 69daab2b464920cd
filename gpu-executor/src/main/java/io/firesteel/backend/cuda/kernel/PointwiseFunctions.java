package io.firesteel.backend.cuda.kernel;

import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Comparisons;
import io.firesteel.op.Conversions;
import io.firesteel.op.Logic;
import io.firesteel.op.Mathematics;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.Selection;
import io.firesteel.op.Trigonometry;
import io.firesteel.tensor.DataType;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Every pointwise operator as an expression of CUDA C++ over values in the types they are computed with. */
final class PointwiseFunctions {

    /** An operator's expression. */
    @FunctionalInterface
    private interface Expression<T> {
        String of(T operator, List<String> operands, DataType type);
    }

    private static final Map<Class<?>, Expression<PointwiseOperator>> EXPRESSIONS = new HashMap<>();
    private static final Set<Class<?>> OF_ANY_TYPE = Set.of(Arithmetic.Add.class, Arithmetic.Sub.class, Arithmetic.Mul.class,
            Arithmetic.Div.class, Arithmetic.Mod.class, Arithmetic.Pow.class, Arithmetic.Min.class, Arithmetic.Max.class,
            Mathematics.Neg.class, Mathematics.Abs.class, Mathematics.Sign.class, Activations.Relu.class, Activations.PRelu.class,
            Activations.ClipTo.class, Comparisons.Equal.class, Comparisons.Less.class, Comparisons.LessOrEqual.class,
            Comparisons.Greater.class, Comparisons.GreaterOrEqual.class, Selection.Where.class, Conversions.Cast.class);

    static {
        arithmetic();
        mathematics();
        activations();
        logic();
    }

    private PointwiseFunctions() { }

    private static void arithmetic() {
        text(Arithmetic.Add.class, "%s + %s");
        text(Arithmetic.Sub.class, "%s - %s");
        text(Arithmetic.Mul.class, "%s * %s");
        text(Arithmetic.Div.class, "f_quotient(%s, %s)");
        add(Arithmetic.Mod.class, (op, in, t) -> call(op.fmod() ? "f_remainder" : "f_modulo", in));
        text(Arithmetic.Pow.class, "f_pow(%s, %s)");
        text(Arithmetic.Min.class, "f_min(%s, %s)");
        text(Arithmetic.Max.class, "f_max(%s, %s)");
        text(Comparisons.Equal.class, "%s == %s");
        text(Comparisons.Less.class, "%s < %s");
        text(Comparisons.LessOrEqual.class, "%s <= %s");
        text(Comparisons.Greater.class, "%s > %s");
        text(Comparisons.GreaterOrEqual.class, "%s >= %s");
        text(Selection.Where.class, "%s ? %s : %s");
        add(Conversions.Cast.class, (op, in, t) -> "get(put<" + CudaTypes.storage(op.to()) + ">(" + in.get(0) + "))");
    }

    private static void mathematics() {
        text(Mathematics.Neg.class, "-%s");
        text(Mathematics.Abs.class, "f_abs(%s)");
        text(Mathematics.Sign.class, "f_sign(%s)");
        text(Mathematics.Floor.class, "f_floor(%s)");
        text(Mathematics.Ceil.class, "f_ceil(%s)");
        text(Mathematics.Round.class, "f_round(%s)");
        text(Mathematics.Exp.class, "f_exp(%s)");
        text(Mathematics.Log.class, "f_log(%s)");
        text(Mathematics.Sqrt.class, "f_sqrt(%s)");
        text(Mathematics.Reciprocal.class, "1 / %s");
        text(Mathematics.Erf.class, "f_erf(%s)");
        add(Mathematics.IsNaN.class, (op, in, t) -> in.get(0) + " != " + in.get(0));
        add(Mathematics.IsInf.class, (op, in, t) -> "f_isinf(" + in.get(0) + ", " + op.negative() + ", " + op.positive() + ")");
        for (Class<? extends PointwiseOperator> type : List.of(Trigonometry.Sin.class, Trigonometry.Cos.class,
                Trigonometry.Tan.class, Trigonometry.Asin.class, Trigonometry.Acos.class, Trigonometry.Atan.class,
                Trigonometry.Sinh.class, Trigonometry.Cosh.class, Trigonometry.Asinh.class, Trigonometry.Acosh.class,
                Trigonometry.Atanh.class)) {
            text(type, "f_" + type.getSimpleName().toLowerCase(Locale.ROOT) + "(%s)");
        }
    }

    private static void activations() {
        text(Activations.Relu.class, "f_relu(%s)");
        text(Activations.Sigmoid.class, "f_sigmoid(%s)");
        text(Activations.Tanh.class, "f_tanh(%s)");
        text(Activations.Softplus.class, "f_softplus(%s)");
        add(Activations.LeakyRelu.class, (op, in, t) -> in.get(0) + " < 0 ? " + n(op.alpha(), t) + " * " + in.get(0) + " : " + in.get(0));
        add(Activations.PRelu.class, (op, in, t) -> in.get(0) + " < 0 ? " + in.get(0) + " * " + in.get(1) + " : " + in.get(0));
        add(Activations.Swish.class, (op, in, t) -> in.get(0) + " * f_sigmoid(" + n(op.alpha(), t) + " * " + in.get(0) + ")");
        add(Activations.HardSwish.class, (op, in, t) -> in.get(0) + " * f_clip(" + in.get(0) + " / " + n(6, t) + " + "
                + n(0.5, t) + ", " + n(0, t) + ", " + n(1, t) + ")");
        add(Activations.HardSigmoid.class, (op, in, t) -> "f_clip(" + n(op.alpha(), t) + " * " + in.get(0) + " + "
                + n(op.beta(), t) + ", " + n(0, t) + ", " + n(1, t) + ")");
        add(Activations.Gelu.class, (op, in, t) -> call(op.tanh() ? "f_gelu_tanh" : "f_gelu", in));
        add(Activations.ClipTo.class, PointwiseFunctions::clip);
        add(Activations.Elu.class, (op, in, t) -> in.get(0) + " > 0 ? " + in.get(0) + " : " + n(op.alpha(), t) + " * f_expm1("
                + in.get(0) + ")");
        add(Activations.Selu.class, (op, in, t) -> n(op.gamma(), t) + " * (" + in.get(0) + " > 0 ? " + in.get(0) + " : "
                + n(op.alpha(), t) + " * f_expm1(" + in.get(0) + "))");
        add(Activations.Celu.class, (op, in, t) -> in.get(0) + " > 0 ? " + in.get(0) + " : " + n(op.alpha(), t) + " * f_expm1("
                + in.get(0) + " / " + n(op.alpha(), t) + ")");
        add(Activations.Softsign.class, (op, in, t) -> in.get(0) + " / (1 + f_abs(" + in.get(0) + "))");
        add(Activations.ThresholdedRelu.class, (op, in, t) -> in.get(0) + " > " + n(op.alpha(), t) + " ? " + in.get(0) + " : 0");
        add(Activations.Mish.class, (op, in, t) -> in.get(0) + " * f_tanh(f_softplus(" + in.get(0) + "))");
        add(Activations.Shrink.class, (op, in, t) -> "f_shrink(" + in.get(0) + ", " + n(op.lambda(), t) + ", " + n(op.bias(), t) + ")");
    }

    private static String clip(Activations.ClipTo op, List<String> in, DataType type) {
        if (!type.isFloatingPoint()) {
            return "put<" + CudaTypes.storage(type) + ">(f_clip((double) " + in.get(0) + ", " + n(op.lower(), DataType.FLOAT64) + ", "
                    + n(op.upper(), DataType.FLOAT64) + "))";
        }
        String lower = Double.isInfinite(op.lower()) ? in.get(0) : "f_max(" + in.get(0) + ", " + n(op.lower(), type) + ")";
        return Double.isInfinite(op.upper()) ? lower : "f_min(" + lower + ", " + n(op.upper(), type) + ")";
    }

    private static void logic() {
        text(Logic.And.class, "%s && %s");
        text(Logic.Or.class, "%s || %s");
        text(Logic.Xor.class, "%s != %s");
        text(Logic.Not.class, "!%s");
        text(Logic.BitwiseAnd.class, "%s & %s");
        text(Logic.BitwiseOr.class, "%s | %s");
        text(Logic.BitwiseXor.class, "%s ^ %s");
        text(Logic.BitwiseNot.class, "~%s");
        add(Logic.BitShift.class, (op, in, t) -> call(op.left() ? "f_shift_left" : "f_shift_right", in));
    }

    private static String n(double value, DataType type) {
        return CudaTypes.literal(value, type);
    }

    private static String call(String function, List<String> operands) {
        return function + "(" + String.join(", ", operands) + ")";
    }

    private static void text(Class<? extends PointwiseOperator> type, String format) {
        add(type, (op, in, t) -> String.format(format, in.toArray()));
    }

    private static <T extends PointwiseOperator> void add(Class<T> type, Expression<T> expression) {
        EXPRESSIONS.put(type, (op, in, t) -> expression.of(type.cast(op), in, t));
    }

    /** Whether an operator can be computed on values of a type. */
    static boolean supports(PointwiseOperator operator, DataType operand) {
        Class<?> type = operator.getClass();
        return EXPRESSIONS.containsKey(type) && (operand.isFloatingPoint() || OF_ANY_TYPE.contains(type)
                || type.getEnclosingClass() == Logic.class);
    }

    /**
     * The expression of an operator.
     *
     * @param operands names of variables
     * @param type element type of the operands; of the last one where they differ
     */
    static String expression(PointwiseOperator operator, List<String> operands, DataType type) {
        return EXPRESSIONS.get(operator.getClass()).of(operator, operands, type);
    }
}
