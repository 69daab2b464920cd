package io.firesteel.tensor;

import java.util.Objects;
import java.util.Optional;

/**
 * One dimension of a shape: {@code coefficient * symbol + offset}, or the constant {@code offset} when there is no symbol.
 *
 * <p>Symbols are the named dimensions of the model ({@code N}) and, where a size depends on data, names made during type
 * inference; equal symbols mean equal sizes.
 *
 * @param coefficient factor of the symbol; 0 exactly when {@code symbol} is null
 * @param symbol name of the unknown, or null for a constant
 * @param offset constant part; for a constant dimension, its size
 */
public record Dim(long coefficient, String symbol, long offset) {

    public Dim {
        if ((symbol == null) != (coefficient == 0)) {
            throw new IllegalArgumentException("a dimension has a symbol exactly when its coefficient is not zero");
        }
    }

    // Written out, as a record's own are linked with a dozen classes made when they are first used.
    @Override
    public boolean equals(Object other) {
        return other instanceof Dim that && coefficient == that.coefficient && offset == that.offset && Objects.equals(symbol, that.symbol);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * Long.hashCode(coefficient) + Objects.hashCode(symbol)) + Long.hashCode(offset);
    }

    /** A dimension of known size; negative only inside shape arithmetic. */
    public static Dim of(long size) {
        return new Dim(0, null, size);
    }

    /** The dimension that is exactly the symbol. */
    public static Dim symbol(String name) {
        return new Dim(1, Objects.requireNonNull(name), 0);
    }

    private static Dim affine(long coefficient, String symbol, long offset) {
        return new Dim(coefficient, coefficient == 0 ? null : symbol, offset);
    }

    /** Whether the size is known. */
    public boolean isConstant() {
        return symbol == null;
    }

    /** Whether the size is known and equals {@code size}. */
    public boolean is(long size) {
        return symbol == null && offset == size;
    }

    /** The size; only for constants. */
    public long size() {
        if (symbol != null) {
            throw new IllegalStateException("dimension " + this + " has no known size");
        }
        return offset;
    }

    /** The sum, or empty where it is not affine in one symbol or overflows. */
    public Optional<Dim> plus(Dim other) {
        if (symbol != null && other.symbol != null && !symbol.equals(other.symbol)) {
            return Optional.empty();
        }
        try {
            return Optional.of(affine(Math.addExact(coefficient, other.coefficient),
                    symbol == null ? other.symbol : symbol, Math.addExact(offset, other.offset)));
        } catch (ArithmeticException overflow) {
            return Optional.empty();
        }
    }

    /** The difference, or empty where it is not affine in one symbol or overflows. */
    public Optional<Dim> minus(Dim other) {
        return other.times(Dim.of(-1)).flatMap(this::plus);
    }

    /** The product, or empty where it is not affine in one symbol or overflows. */
    public Optional<Dim> times(Dim other) {
        if (symbol != null && other.symbol != null) {
            return Optional.empty();
        }
        Dim constant = symbol == null ? this : other;
        Dim varying = symbol == null ? other : this;
        try {
            return Optional.of(affine(Math.multiplyExact(varying.coefficient, constant.offset), varying.symbol,
                    Math.multiplyExact(varying.offset, constant.offset)));
        } catch (ArithmeticException overflow) {
            return Optional.empty();
        }
    }

    /** The quotient where the division is exact for every value of the symbol, or empty. */
    public Optional<Dim> dividedBy(Dim other) {
        if (other.symbol != null) {
            return equals(other) ? Optional.of(Dim.of(1)) : exactRatio(other);
        }
        if (other.offset == 0 || coefficient % other.offset != 0 || offset % other.offset != 0) {
            return Optional.empty();
        }
        return Optional.of(affine(coefficient / other.offset, symbol, offset / other.offset));
    }

    private Optional<Dim> exactRatio(Dim other) {
        if (!other.symbol.equals(symbol) || coefficient % other.coefficient != 0) {
            return Optional.empty();
        }
        long ratio = coefficient / other.coefficient;
        return other.offset * ratio == offset ? Optional.of(Dim.of(ratio)) : Optional.empty();
    }

    /** The dimension with {@code name} replaced by {@code size}. */
    public Dim bind(String name, long size) {
        return name.equals(symbol) ? Dim.of(Math.addExact(Math.multiplyExact(coefficient, size), offset)) : this;
    }

    @Override
    public String toString() {
        if (symbol == null) {
            return Long.toString(offset);
        }
        String scaled = coefficient == 1 ? symbol : coefficient + symbol;
        return offset == 0 ? scaled : scaled + (offset > 0 ? "+" : "") + offset;
    }
}
