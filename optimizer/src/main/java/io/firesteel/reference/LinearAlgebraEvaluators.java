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
        registry.add(LinearAlgebra.AffineGrid.class, (op, in) -> List.of(affineGrid(op, in)));
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

    private static Tensor affineGrid(LinearAlgebra.AffineGrid op, EvaluationContext in) {
        Tensor maps = in.tensor(0);
        long[] image = in.tensor(1).toLongs();
        int axes = image.length - 2;
        if (axes < 1 || maps.rank() != 3 || maps.size(1) != axes || maps.size(2) != axes + 1) {
            throw in.error("maps " + maps.type() + " do not fit an image of " + Arrays.toString(image));
        }
        long[] sizes = new long[axes + 2];
        sizes[0] = maps.size(0);
        System.arraycopy(image, 2, sizes, 1, axes);
        sizes[axes + 1] = axes;
        Tensor y = Tensor.zeros(maps.dataType(), sizes);
        double[] place = new double[axes + 1];
        place[axes] = 1;
        for (long i = 0; i < y.elements(); i += axes) {
            long rest = i / axes;
            for (int axis = axes - 1; axis >= 0; axis--) {
                long size = image[axis + 2];
                place[axes - 1 - axis] = coordinate(rest % size, size, op.alignCorners());
                rest /= size;
            }
            for (int row = 0; row < axes; row++) {
                double sum = 0;
                for (int k = 0; k <= axes; k++) {
                    sum += maps.getDouble((rest * axes + row) * (axes + 1) + k) * place[k];
                }
                y.setDouble(i + row, sum);
            }
        }
        return y;
    }

    private static double coordinate(long index, long size, boolean alignCorners) {
        if (alignCorners) {
            return size == 1 ? 0 : 2.0 * index / (size - 1) - 1;
        }
        return (2.0 * index + 1) / size - 1;
    }
}
