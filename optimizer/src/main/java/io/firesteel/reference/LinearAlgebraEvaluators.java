package io.firesteel.reference;

import io.firesteel.op.LinearAlgebra;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Evaluators of {@link LinearAlgebra}. */
public final class LinearAlgebraEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(LinearAlgebra.Det.class, (op, in) -> List.of(determinants(in)));
    }

    private static Tensor determinants(EvaluationContext in) {
        Tensor x = in.tensor(0);
        int m = Math.toIntExact(x.size(-1));
        if (x.size(-2) != m) {
            throw in.error("determinants are of square matrices, not of " + x.type());
        }
        Tensor y = Tensor.zeros(x.dataType(), Arrays.copyOf(x.sizes(), x.rank() - 2));
        for (long i = 0; i < y.elements(); i++) {
            y.setDouble(i, determinant(Elements.read(x, i * m * m, m * m), m));
        }
        return y;
    }

    /** By elimination with row exchanges; the matrix is overwritten. */
    private static double determinant(double[] matrix, int m) {
        double product = 1;
        for (int column = 0; column < m; column++) {
            int pivot = column;
            for (int row = column + 1; row < m; row++) {
                if (Math.abs(matrix[row * m + column]) > Math.abs(matrix[pivot * m + column])) {
                    pivot = row;
                }
            }
            if (pivot != column) {
                for (int k = column; k < m; k++) {
                    double kept = matrix[pivot * m + k];
                    matrix[pivot * m + k] = matrix[column * m + k];
                    matrix[column * m + k] = kept;
                }
                product = -product;
            }
            double diagonal = matrix[column * m + column];
            product *= diagonal;
            for (int row = column + 1; row < m && diagonal != 0; row++) {
                double factor = matrix[row * m + column] / diagonal;
                for (int k = column; k < m; k++) {
                    matrix[row * m + k] -= factor * matrix[column * m + k];
                }
            }
        }
        return product;
    }
}
