package io.firesteel.op;

import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.List;

/** Functions of matrices besides their product. */
public final class LinearAlgebra {

    private LinearAlgebra() { }

    /** The determinants [...] of matrices [..., M, M]. */
    public record Det() implements Contraction {

        @Override
        public double multiplications(List<Shape> inputs, Shape output) {
            return Contraction.product(inputs.get(0).sizes(), 0) * inputs.get(0).dim(-1).size();
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType type = context.tensor(0);
            if (!type.hasRank()) {
                return List.of(type);
            }
            int rank = type.shape().rank();
            if (rank < 2 || type.shape().dim(-1).isConstant() && type.shape().dim(-2).isConstant()
                    && !type.shape().dim(-1).equals(type.shape().dim(-2))) {
                throw context.error("determinants are of square matrices, not of " + type);
            }
            return List.of(type.withShape(new Shape(type.shape().dims().subList(0, rank - 2))));
        }
    }
}
