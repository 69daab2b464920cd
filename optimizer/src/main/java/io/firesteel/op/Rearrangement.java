package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Operators that rearrange blocks of image or sequence data. */
public final class Rearrangement {

    private Rearrangement() { }

    /**
     * Moves channels into blocks of pixels: [N, C, H, W] to [N, C / b², H b, W b].
     *
     * @param blockSize b
     * @param columnRowDepth whether a pixel's channels are read as [C / b², b, b] (ONNX's CRD) rather than [b, b, C / b²] (DCR)
     */
    public record DepthToSpace(long blockSize, boolean columnRowDepth) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = requireImage(blockSize, context);
            if (!data.hasRank()) {
                return List.of(data);
            }
            Shape s = data.shape();
            return List.of(data.withShape(Shape.of(s.dim(0), divided(s.dim(1), blockSize * blockSize, "C", context),
                    scaled(s.dim(2), blockSize, "H", context), scaled(s.dim(3), blockSize, "W", context))));
        }
    }

    /**
     * Moves blocks of pixels into channels: [N, C, H, W] to [N, b² C, H / b, W / b], new channels ordered [b, b, C].
     *
     * @param blockSize b
     */
    public record SpaceToDepth(long blockSize) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = requireImage(blockSize, context);
            if (!data.hasRank()) {
                return List.of(data);
            }
            Shape s = data.shape();
            return List.of(data.withShape(Shape.of(s.dim(0), scaled(s.dim(1), blockSize * blockSize, "C", context),
                    divided(s.dim(2), blockSize, "H", context), divided(s.dim(3), blockSize, "W", context))));
        }
    }

    private static TensorType requireImage(long blockSize, InferenceContext context) {
        TensorType data = context.tensor(0);
        if (blockSize < 1 || data.hasRank() && data.shape().rank() != 4) {
            throw context.error("block size " + blockSize + " must be positive and the data of rank 4, is " + data);
        }
        return data;
    }

    private static Dim divided(Dim dim, long by, String hint, InferenceContext context) {
        if (dim.isConstant() && dim.size() % by != 0) {
            throw context.error("dimension " + hint + " is " + dim + ", which " + by + " does not divide");
        }
        return dim.dividedBy(Dim.of(by)).orElseGet(() -> context.unknownDim(hint));
    }

    private static Dim scaled(Dim dim, long by, String hint, InferenceContext context) {
        return dim.times(Dim.of(by)).orElseGet(() -> context.unknownDim(hint));
    }

    /**
     * Reverses the first elements of each sequence, as many as input 1, an int64 vector with one number for each batch item,
     * says; the rest stays.
     *
     * @param batchAxis dimension of the batch, 0 or 1
     * @param timeAxis dimension reversed, the other one of 0 and 1
     */
    public record ReverseSequence(long batchAxis, long timeAxis) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (batchAxis + timeAxis != 1 || batchAxis * timeAxis != 0 || data.hasRank() && data.shape().rank() < 2) {
                throw context.error("batch axis " + batchAxis + " and time axis " + timeAxis + " must be 0 and 1 of " + data);
            }
            return List.of(data);
        }
    }

    /**
     * Adds columns of image blocks up into images, the reverse of cutting a padded image into blocks.
     *
     * <p>Inputs: 0 columns [N, C b0 b1 ..., L]; 1 image sizes, an int64 vector; 2 block sizes b0, b1, ..., an int64 vector.
     * Result: [N, C, image...].
     *
     * @param dilations one for each image dimension
     * @param padsBegin padding of the image before each dimension
     * @param padsEnd padding of the image after each dimension
     * @param strides one for each image dimension
     */
    public record Col2Im(List<Long> dilations, List<Long> padsBegin, List<Long> padsEnd, List<Long> strides) implements Operator {

        public Col2Im {
            dilations = List.copyOf(dilations);
            padsBegin = List.copyOf(padsBegin);
            padsEnd = List.copyOf(padsEnd);
            strides = List.copyOf(strides);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            int spatial = dilations.size();
            if (data.hasRank() && data.shape().rank() != 3) {
                throw context.error("columns must be [N, C, L], are " + data);
            }
            List<Dim> dims = new ArrayList<>();
            dims.add(data.hasRank() ? data.shape().dim(0) : context.unknownDim("N"));
            Optional<List<Dim>> block = context.shapeValue(2);
            dims.add(!data.hasRank() ? context.unknownDim("C")
                    : block.flatMap(b -> Dims.quotient(List.of(data.shape().dim(1)), b)).orElseGet(() -> context.unknownDim("C")));
            dims.addAll(context.shapeValue(1).orElseGet(() -> Dims.unknown(spatial, context).dims()));
            if (dims.size() != spatial + 2) {
                throw context.error("image sizes and attributes for " + spatial + " dimensions do not fit together");
            }
            return List.of(data.withShape(new Shape(dims)));
        }
    }
}
