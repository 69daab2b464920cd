package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Functions of matrices besides their product. */
public final class LinearAlgebra {

    private LinearAlgebra() { }

    /** The determinants [...] of matrices [..., M, M]. */
    public record Det() implements Operator {
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

    /**
     * Applies affine maps to a regular grid over [-1, 1]. Inputs: 0 maps [N, 2, 3] or [N, 3, 4]; 1 the INT64 size of the image, [N, C,
     * H, W] or [N, C, D, H, W]. Result: places [N, H, W, 2] or [N, D, H, W, 3], x first.
     *
     * @param alignCorners whether -1 and 1 are the centers of the corner elements, else their outer edges
     */
    public record AffineGrid(boolean alignCorners) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType maps = context.tensor(0);
            Optional<List<Dim>> size = context.shapeValue(1);
            int axes = maps.hasRank() && maps.shape().rank() == 3 && maps.shape().dim(1).isConstant()
                    ? (int) maps.shape().dim(1).size() : size.map(s -> s.size() - 2).orElse(0);
            if (axes != 2 && axes != 3 || size.isPresent() && size.get().size() != axes + 2) {
                throw context.error("maps must be [N,2,3] for an image [N,C,H,W] or [N,3,4] for [N,C,D,H,W], are " + maps
                        + size.map(s -> " for " + new Shape(s)).orElse(""));
            }
            List<Dim> dims = new ArrayList<>();
            dims.add(maps.hasRank() ? maps.shape().dim(0) : size.get().get(0));
            for (int i = 0; i < axes; i++) {
                dims.add(size.isPresent() ? size.get().get(i + 2) : context.unknownDim("size" + i));
            }
            dims.add(Dim.of(axes));
            return List.of(maps.withShape(new Shape(dims)));
        }
    }
}
