package io.firesteel.reference;

import io.firesteel.op.Mathematics;
import io.firesteel.op.Trigonometry;
import java.util.function.LongUnaryOperator;

/** Evaluators of {@link Mathematics} and {@link Trigonometry}. */
public final class MathematicsEvaluators implements EvaluatorFamily {

    private static final double LARGE = 0x1p500;

    @Override
    public void register(Registry registry) {
        registry.add(Mathematics.Neg.class, Pointwise.unary(op -> x -> -x, op -> x -> -x));
        registry.add(Mathematics.Abs.class, (op, in) -> (in.tensor(0).dataType().isUnsigned()
                ? Pointwise.<Mathematics.Abs>unary(o -> Math::abs, o -> LongUnaryOperator.identity())
                : Pointwise.<Mathematics.Abs>unary(o -> Math::abs, o -> Math::abs)).evaluate(op, in));
        registry.add(Mathematics.Sign.class, (op, in) -> (in.tensor(0).dataType().isUnsigned()
                ? Pointwise.<Mathematics.Sign>unary(o -> Math::signum, o -> x -> x == 0 ? 0 : 1)
                : Pointwise.<Mathematics.Sign>unary(o -> Math::signum, o -> Long::signum)).evaluate(op, in));
        registry.add(Mathematics.Floor.class, Pointwise.unary(op -> Math::floor, op -> x -> x));
        registry.add(Mathematics.Ceil.class, Pointwise.unary(op -> Math::ceil, op -> x -> x));
        registry.add(Mathematics.Round.class, Pointwise.unary(op -> Math::rint, op -> x -> x));
        registry.add(Mathematics.Exp.class, Pointwise.unary(op -> Math::exp));
        registry.add(Mathematics.Log.class, Pointwise.unary(op -> Math::log));
        registry.add(Mathematics.Sqrt.class, Pointwise.unary(op -> Math::sqrt));
        registry.add(Mathematics.Reciprocal.class, Pointwise.unary(op -> x -> 1 / x));
        registry.add(Mathematics.Erf.class, Pointwise.unary(op -> ErrorFunction::erf));
        registry.add(Mathematics.IsNaN.class, Pointwise.property(op -> x -> Double.isNaN(x) ? 1 : 0));
        registry.add(Mathematics.IsInf.class, Pointwise.property(op -> x -> Double.isInfinite(x)
                && (x > 0 ? op.positive() : op.negative()) ? 1 : 0));

        registry.add(Trigonometry.Sin.class, Pointwise.unary(op -> Math::sin));
        registry.add(Trigonometry.Cos.class, Pointwise.unary(op -> Math::cos));
        registry.add(Trigonometry.Tan.class, Pointwise.unary(op -> Math::tan));
        registry.add(Trigonometry.Asin.class, Pointwise.unary(op -> Math::asin));
        registry.add(Trigonometry.Acos.class, Pointwise.unary(op -> Math::acos));
        registry.add(Trigonometry.Atan.class, Pointwise.unary(op -> Math::atan));
        registry.add(Trigonometry.Sinh.class, Pointwise.unary(op -> Math::sinh));
        registry.add(Trigonometry.Cosh.class, Pointwise.unary(op -> Math::cosh));
        registry.add(Trigonometry.Asinh.class, Pointwise.unary(op -> MathematicsEvaluators::asinh));
        registry.add(Trigonometry.Acosh.class, Pointwise.unary(op -> x -> x > LARGE ? Math.log(x) + Math.log(2)
                : Math.log(x + Math.sqrt((x - 1) * (x + 1)))));
        registry.add(Trigonometry.Atanh.class, Pointwise.unary(op -> x -> 0.5 * Math.log1p(2 * x / (1 - x))));
    }

    private static double asinh(double x) {
        double magnitude = Math.abs(x);
        double value = magnitude > LARGE ? Math.log(magnitude) + Math.log(2)
                : Math.log1p(magnitude + magnitude * magnitude / (1 + Math.sqrt(magnitude * magnitude + 1)));
        return Math.copySign(value, x);
    }
}
