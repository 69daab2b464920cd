package io.firesteel.op;

/** Circular and hyperbolic functions, angles in radians, with their ONNX names; all keep the operand's type. */
public final class Trigonometry {

    private Trigonometry() { }

    /** The sine. */
    public record Sin() implements UnaryOperator { }

    /** The cosine. */
    public record Cos() implements UnaryOperator { }

    /** The tangent. */
    public record Tan() implements UnaryOperator { }

    /** The arc sine. */
    public record Asin() implements UnaryOperator { }

    /** The arc cosine. */
    public record Acos() implements UnaryOperator { }

    /** The arc tangent. */
    public record Atan() implements UnaryOperator { }

    /** The hyperbolic sine. */
    public record Sinh() implements UnaryOperator { }

    /** The hyperbolic cosine. */
    public record Cosh() implements UnaryOperator { }

    /** The inverse hyperbolic sine. */
    public record Asinh() implements UnaryOperator { }

    /** The inverse hyperbolic cosine. */
    public record Acosh() implements UnaryOperator { }

    /** The inverse hyperbolic tangent. */
    public record Atanh() implements UnaryOperator { }
}
