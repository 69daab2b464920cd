package io.firesteel.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The dimensions of a tensor, outermost first; a scalar has none.
 *
 * @param dims the dimensions; any may be symbolic
 */
public record Shape(List<Dim> dims) {

    /** The shape of a scalar. */
    public static final Shape SCALAR = new Shape(List.of());

    public Shape {
        dims = List.copyOf(dims);
    }

    // Written out, as a record's own are linked with a dozen classes made when they are first used.
    @Override
    public boolean equals(Object other) {
        return other instanceof Shape that && dims.equals(that.dims);
    }

    @Override
    public int hashCode() {
        return dims.hashCode();
    }

    /** A shape of known sizes. */
    public static Shape of(long... sizes) {
        return new Shape(Arrays.stream(sizes).mapToObj(Dim::of).toList());
    }

    /** A shape of the given dimensions. */
    public static Shape of(Dim... dims) {
        return new Shape(List.of(dims));
    }

    public int rank() {
        return dims.size();
    }

    /** Dimension {@code axis}; negative axes count from the end. */
    public Dim dim(int axis) {
        return dims.get(axis < 0 ? axis + dims.size() : axis);
    }

    /** Whether every dimension is known. */
    public boolean isStatic() {
        return dims.stream().allMatch(Dim::isConstant);
    }

    /** The sizes; only for static shapes. */
    public long[] sizes() {
        return dims.stream().mapToLong(Dim::size).toArray();
    }

    /** The number of elements of a static shape, failing on overflow. */
    public long elements() {
        long count = 1;
        for (Dim dim : dims) {
            count = Math.multiplyExact(count, dim.size());
        }
        return count;
    }

    /** The product of dimensions {@code from} (inclusive) to {@code to} (exclusive), or empty where it is not affine. */
    public Optional<Dim> product(int from, int to) {
        Optional<Dim> product = Optional.of(Dim.of(1));
        for (Dim dim : dims.subList(from, to)) {
            product = product.flatMap(dim::times);
        }
        return product;
    }

    /** The shape with every symbol of {@code sizes} replaced by its size. */
    public Shape bind(Map<String, Long> sizes) {
        return new Shape(dims.stream()
                .map(d -> d.symbol() != null && sizes.containsKey(d.symbol()) ? d.bind(d.symbol(), sizes.get(d.symbol())) : d)
                .toList());
    }

    @Override
    public String toString() {
        return dims.stream().map(Dim::toString).collect(Collectors.joining(",", "[", "]"));
    }
}
