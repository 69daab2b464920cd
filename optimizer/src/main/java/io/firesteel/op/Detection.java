package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.List;

/** Operators on boxes and regions of interest in images. */
public final class Detection {

    private Detection() { }

    /**
     * Chooses boxes by descending score, leaving out those that overlap a chosen one of their class.
     *
     * <p>Inputs: 0 boxes [N, B, 4]; 1 scores [N, C, B]; 2 the largest number of boxes for each class, absent for 0; 3 the
     * intersection over union above which a box is left out, absent for 0; 4 the score a box must exceed, absent for none.
     * Result: int64 [chosen, 3], each row the batch item, the class and the box.
     *
     * @param centerPointBox whether a box is [x center, y center, width, height] rather than [y1, x1, y2, x2]
     */
    public record NonMaxSuppression(boolean centerPointBox) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            Shape boxes = context.shape(0);
            Shape scores = context.shape(1);
            if (boxes != null && boxes.rank() != 3 || scores != null && scores.rank() != 3) {
                throw context.error("boxes " + boxes + " must be [N, B, 4], scores " + scores + " [N, C, B]");
            }
            return List.of(new TensorType(DataType.INT64, Shape.of(context.unknownDim("chosen"), Dim.of(3))));
        }
    }

    /**
     * Pools regions by sampling: data (input 0) [N, C, H, W], regions (input 1) [R, 4] as [x1, y1, x2, y2], the batch item of
     * each (input 2, int64 [R]). Result: [R, C, height, width].
     *
     * @param max whether samples are reduced to the largest of their weighted neighbors, rather than to their mean
     * @param height of the result
     * @param width of the result
     * @param samplingRatio samples along each side of a bin; 0 for as many as elements fall into it
     * @param spatialScale from region coordinates to data coordinates
     * @param halfPixel whether coordinates are shifted by half an element
     */
    public record RoiAlign(boolean max, long height, long width, long samplingRatio, float spatialScale, boolean halfPixel)
            implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(pooled(height, width, context));
        }
    }

    /**
     * Pools regions by the largest element of each bin: data (input 0) [N, C, H, W], regions (input 1) [R, 5] as [batch item,
     * x1, y1, x2, y2]. Result: [R, C, height, width].
     *
     * @param height of the result
     * @param width of the result
     * @param spatialScale from region coordinates to data coordinates
     */
    public record MaxRoiPool(long height, long width, float spatialScale) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(pooled(height, width, context));
        }
    }

    private static TensorType pooled(long height, long width, InferenceContext context) {
        TensorType data = context.tensor(0);
        Shape regions = context.shape(1);
        if (height < 1 || width < 1 || data.hasRank() && data.shape().rank() != 4 || regions != null && regions.rank() != 2) {
            throw context.error("data " + data + ", regions " + regions + " and a result of " + height + " by " + width
                    + " do not fit together");
        }
        return data.withShape(Shape.of(regions == null ? context.unknownDim("regions") : regions.dim(0),
                data.hasRank() ? data.shape().dim(1) : context.unknownDim("C"), Dim.of(height), Dim.of(width)));
    }
}
