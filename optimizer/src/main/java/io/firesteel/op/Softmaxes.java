package io.firesteel.op;

/** Operators that turn scores along one axis into weights; all keep the operand's type. */
public final class Softmaxes {

    private Softmaxes() { }

    /**
     * {@code exp(x) / sum(exp(x))} along one axis.
     *
     * @param axis the axis; negative counts from the end
     */
    public record Softmax(long axis) implements AxisOperator { }

    /**
     * {@code log(softmax(x))} along one axis.
     *
     * @param axis the axis; negative counts from the end
     */
    public record LogSoftmax(long axis) implements AxisOperator { }

    /**
     * 1 at the first largest element along one axis, 0 elsewhere.
     *
     * @param axis the axis; negative counts from the end
     */
    public record Hardmax(long axis) implements AxisOperator { }
}
