package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Shape values of pointwise operators: arithmetic on small tensors whose elements are known as dimensions. */
final class ShapeArithmetic {

    private static final int LIMIT = 64;
    private static final double EXACT_IN_FLOAT = 0x1p24;

    /** A function of two dimensions, empty where the result is not known. */
    @FunctionalInterface
    interface Function {
        Optional<Dim> apply(Dim a, Dim b);
    }

    private ShapeArithmetic() { }

    /** The elements of input {@code index} as dimensions, where they are known and whole numbers. */
    static Optional<List<Dim>> elements(InferenceContext context, int index) {
        Optional<List<Dim>> known = context.shapeValue(index);
        return known.isPresent() ? known : context.constant(index).flatMap(ShapeArithmetic::elements);
    }

    private static Optional<List<Dim>> elements(Tensor constant) {
        if (constant.rank() > 1 || constant.elements() > LIMIT || constant.dataType() == DataType.UINT64) {
            return Optional.empty();
        }
        List<Dim> dims = new ArrayList<>();
        for (int i = 0; i < constant.elements(); i++) {
            if (constant.dataType().isFloatingPoint()) {
                double value = constant.getDouble(i);
                if (value != Math.rint(value) || Math.abs(value) > EXACT_IN_FLOAT) {
                    return Optional.empty();
                }
            }
            dims.add(Dim.of(constant.getLong(i)));
        }
        return Optional.of(dims);
    }

    /** Applies a function to each element of input 0. */
    static Optional<List<Dim>> unary(InferenceContext context, java.util.function.Function<Dim, Optional<Dim>> function) {
        return elements(context, 0).flatMap(dims -> all(dims.stream().map(function).toList()));
    }

    /** Applies a function to the broadcast elements of inputs 0 and 1, each a scalar or vector. */
    static Optional<List<Dim>> binary(InferenceContext context, Function function) {
        Optional<List<Dim>> a = elements(context, 0);
        Optional<List<Dim>> b = elements(context, 1);
        if (a.isEmpty() || b.isEmpty() || isMatrix(context.tensor(0)) || isMatrix(context.tensor(1))) {
            return Optional.empty();
        }
        int count = a.get().size() == 1 ? b.get().size() : a.get().size();
        List<Optional<Dim>> result = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            result.add(function.apply(a.get().get(a.get().size() == 1 ? 0 : i), b.get().get(b.get().size() == 1 ? 0 : i)));
        }
        return all(result);
    }

    private static boolean isMatrix(TensorType type) {
        return !type.hasRank() || type.shape().rank() > 1;
    }

    /** The dimensions, where all are known. */
    static Optional<List<Dim>> all(List<Optional<Dim>> dims) {
        return dims.stream().allMatch(Optional::isPresent)
                ? Optional.of(dims.stream().map(Optional::get).toList()) : Optional.empty();
    }

    /** A truth value as a dimension. */
    static Optional<Dim> truth(boolean value) {
        return Optional.of(Dim.of(value ? 1 : 0));
    }

    /** Whether the value is at least {@code bound} for every size its symbol can have; sizes are never negative. */
    static boolean isAtLeast(Dim dim, long bound) {
        return dim.coefficient() >= 0 && dim.offset() >= bound;
    }

    /** Whether two dimensions are equal, or empty where that depends on a symbol. */
    static Optional<Boolean> equal(Dim a, Dim b) {
        return a.minus(b).flatMap(d -> d.isConstant() ? Optional.of(d.size() == 0)
                : isAtLeast(d, 1) || d.coefficient() < 0 && d.offset() < 0 ? Optional.of(false) : Optional.empty());
    }

    /** Whether {@code a} is less than {@code b}, or empty where that depends on a symbol. */
    static Optional<Boolean> less(Dim a, Dim b) {
        return b.minus(a).flatMap(d -> d.coefficient() >= 0 && d.offset() > 0 ? Optional.of(true)
                : d.coefficient() <= 0 && d.offset() <= 0 ? Optional.of(false) : Optional.empty());
    }

    /** The quotient truncated toward zero for integers; exact quotients only for floating-point elements. */
    static Optional<Dim> quotient(Dim a, Dim b, InferenceContext context, int index) {
        Optional<Dim> exact = a.dividedBy(b);
        if (exact.isPresent() || !context.tensor(0).dataType().isInteger() || b.is(0)) {
            return exact;
        }
        if (a.isConstant() && b.isConstant()) {
            return Optional.of(Dim.of(a.size() / b.size()));
        }
        return isAtLeast(a, 0) && isAtLeast(b, 1) ? Optional.of(context.unknownDim("quotient" + index)) : Optional.empty();
    }
}
