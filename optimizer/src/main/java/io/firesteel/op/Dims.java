package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** Arithmetic on lists of dimensions that several operators' type inference needs. */
final class Dims {

    private Dims() { }

    static List<Dim> of(List<Long> sizes) {
        return sizes.stream().map(Dim::of).toList();
    }

    /** The product of some dimensions divided by the product of others, or empty where it is not affine. */
    static Optional<Dim> quotient(List<Dim> numerator, List<Dim> denominator) {
        List<Dim> above = new ArrayList<>(numerator);
        List<Dim> below = new ArrayList<>();
        for (Dim dim : denominator) {
            if (!above.remove(dim)) {
                below.add(dim);
            }
        }
        Optional<Dim> divisor = new Shape(below).product(0, below.size());
        return new Shape(above).product(0, above.size()).flatMap(p -> divisor.flatMap(p::dividedBy));
    }

    /** A shape of {@code rank} dimensions of which nothing is known. */
    static Shape unknown(int rank, InferenceContext context) {
        List<Dim> dims = new ArrayList<>(rank);
        for (int i = 0; i < rank; i++) {
            dims.add(context.unknownDim("dim" + i));
        }
        return new Shape(dims);
    }

    /** The shape with dimension {@code axis} replaced. */
    static Shape with(Shape shape, int axis, Dim dim) {
        List<Dim> dims = new ArrayList<>(shape.dims());
        dims.set(axis, dim);
        return new Shape(dims);
    }

    /** The axes, each once, counted from the front, ascending. */
    static List<Integer> axes(List<Long> axes, int rank, InferenceContext context) {
        TreeSet<Integer> normalized = new TreeSet<>();
        for (long axis : axes) {
            if (!normalized.add(context.axis(axis, rank))) {
                throw context.error("axis " + axis + " is given twice");
            }
        }
        return List.copyOf(normalized);
    }

    /** The elements of input {@code index} where all are constants. */
    static Optional<List<Long>> constants(InferenceContext context, int index) {
        return context.shapeValue(index).filter(v -> v.stream().allMatch(Dim::isConstant))
                .map(v -> v.stream().map(Dim::size).toList());
    }

    /** The number of elements of the one-dimensional input {@code index}, or -1 where it is not known. */
    static int length(InferenceContext context, int index) {
        Shape shape = context.shape(index);
        return shape != null && shape.rank() == 1 && shape.dim(0).isConstant() ? Math.toIntExact(shape.dim(0).size()) : -1;
    }

    /** The dimension all given ones agree on; a known size wins over symbols. */
    static Dim agreed(Dim a, Dim b, String what, InferenceContext context) {
        if (a.isConstant() && b.isConstant() && !a.equals(b)) {
            throw context.error(what + " must agree, are " + a + " and " + b);
        }
        return a.isConstant() ? a : b.isConstant() ? b : a;
    }
}
