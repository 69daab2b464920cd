package io.firesteel.op;

import io.firesteel.tensor.Shape;
import java.util.List;

/** An operator whose elements are sums over many elements of its operands, so that sizes alone do not tell its work. */
public interface Contraction extends Operator {

    /**
     * A bound on the multiplications of one evaluation; unless overridden, those of every element of the first output with
     * every element of all inputs.
     *
     * @param inputs static shapes of the inputs, null for absent ones
     * @param output static shape of the first output
     */
    default double multiplications(List<Shape> inputs, Shape output) {
        double operands = 0;
        for (Shape input : inputs) {
            operands += input == null ? 0 : product(input.sizes(), 0);
        }
        return product(output.sizes(), 0) * operands;
    }

    /** The product of the sizes from an axis on. */
    static double product(long[] sizes, int from) {
        double product = 1;
        for (int i = from; i < sizes.length; i++) {
            product *= sizes[i];
        }
        return product;
    }
}
