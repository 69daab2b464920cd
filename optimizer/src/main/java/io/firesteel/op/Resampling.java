package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/** Operators that sample images and volumes at other positions. */
public final class Resampling {

    private Resampling() { }

    /** How a value between elements is made. */
    public enum Mode { NEAREST, LINEAR, CUBIC }

    /** How a position in the result becomes one in the data; the names are ONNX's. */
    public enum CoordinateTransformation {
        HALF_PIXEL, HALF_PIXEL_SYMMETRIC, PYTORCH_HALF_PIXEL, ALIGN_CORNERS, ASYMMETRIC, TF_CROP_AND_RESIZE
    }

    /** The element nearest to a position between two; {@code SIMPLE} is that of operator set 10: floor, or ceil going down. */
    public enum NearestMode { ROUND_PREFER_FLOOR, ROUND_PREFER_CEIL, FLOOR, CEIL, SIMPLE }

    /** How sizes that would distort the image are taken. */
    public enum AspectRatioPolicy { STRETCH, NOT_LARGER, NOT_SMALLER }

    /**
     * How to interpolate.
     *
     * @param mode nearest, linear or cubic
     * @param transformation of coordinates
     * @param nearest rounding for mode nearest
     * @param cubicCoefficient a of Keys' cubic convolution kernel
     * @param excludeOutside whether elements outside the data get no weight, rather than the edge's value
     * @param extrapolation value of positions outside the data, for TF_CROP_AND_RESIZE
     * @param antialias whether the kernel widens when the data shrinks
     */
    public record Interpolation(Mode mode, CoordinateTransformation transformation, NearestMode nearest, float cubicCoefficient,
            boolean excludeOutside, float extrapolation, boolean antialias) { }

    /**
     * Resizes data to sizes known when the model is read.
     *
     * @param interpolation how
     * @param axes the dimensions resized; may count from the end
     * @param scales factor for each axis, or empty where sizes are given
     * @param sizes size for each axis, or empty where scales are given
     * @param policy how sizes are taken
     * @param region for TF_CROP_AND_RESIZE, the starts for all axes, then the ends, in 0 to 1; else empty
     */
    public record Resize(Interpolation interpolation, List<Long> axes, List<Float> scales, List<Long> sizes,
            AspectRatioPolicy policy, List<Float> region) implements Operator {

        public Resize {
            axes = List.copyOf(axes);
            scales = List.copyOf(scales);
            sizes = List.copyOf(sizes);
            region = List.copyOf(region);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (scales.isEmpty() == sizes.isEmpty() || scales.size() + sizes.size() != axes.size()
                    || interpolation.transformation() == CoordinateTransformation.TF_CROP_AND_RESIZE
                            && region.size() != 2 * axes.size()) {
                throw context.error("scales " + scales + ", sizes " + sizes + " and region " + region + " do not fit axes " + axes);
            }
            if (scales.stream().anyMatch(s -> !(s > 0)) || sizes.stream().anyMatch(s -> s < 0)) {
                throw context.error("scales " + scales + " and sizes " + sizes + " must be positive");
            }
            if (!data.hasRank()) {
                return List.of(data);
            }
            List<Dim> dims = new ArrayList<>(data.shape().dims());
            boolean known = true;
            for (int i = 0; i < axes.size(); i++) {
                int axis = context.axis(axes.get(i), dims.size());
                known &= dims.get(axis).isConstant();
                dims.set(axis, size(dims.get(axis), i, axis, context));
            }
            if (policy != AspectRatioPolicy.STRETCH && !sizes.isEmpty() && known) {
                long[] input = axes.stream().mapToLong(a -> data.shape().dim(a.intValue()).size()).toArray();
                long[] output = outputSizes(input);
                for (int i = 0; i < axes.size(); i++) {
                    dims.set(context.axis(axes.get(i), dims.size()), Dim.of(output[i]));
                }
            }
            return List.of(data.withShape(new Shape(dims)));
        }

        private Dim size(Dim dim, int index, int axis, InferenceContext context) {
            if (!sizes.isEmpty()) {
                return policy == AspectRatioPolicy.STRETCH ? Dim.of(sizes.get(index)) : context.unknownDim("dim" + axis);
            }
            float scale = scales.get(index);
            Optional<Dim> scaled = dim.isConstant() ? Optional.of(Dim.of((long) (dim.size() * scale)))
                    : scale == Math.rint(scale) ? dim.times(Dim.of((long) scale)) : Optional.empty();
            return scaled.orElseGet(() -> context.unknownDim("dim" + axis));
        }

        /** The scale of each axis for data with the given sizes along the axes. */
        public double[] factors(long[] input) {
            double[] factors = new double[input.length];
            for (int i = 0; i < input.length; i++) {
                factors[i] = scales.isEmpty() ? (double) sizes.get(i) / input[i] : scales.get(i);
            }
            if (!sizes.isEmpty() && policy != AspectRatioPolicy.STRETCH) {
                double one = factors[0];
                for (double factor : factors) {
                    one = policy == AspectRatioPolicy.NOT_LARGER ? Math.min(one, factor) : Math.max(one, factor);
                }
                Arrays.fill(factors, one);
            }
            return factors;
        }

        /** The size of the result along each axis for data with the given sizes along the axes. */
        public long[] outputSizes(long[] input) {
            long[] output = new long[input.length];
            double[] factors = factors(input);
            for (int i = 0; i < input.length; i++) {
                output[i] = !scales.isEmpty() ? (long) (input[i] * scales.get(i))
                        : policy == AspectRatioPolicy.STRETCH ? sizes.get(i) : (long) (factors[i] * input[i] + 0.5);
            }
            return output;
        }
    }

    /**
     * {@link Resize} with inputs: 0 data; 1 region, or absent; 2 scales, or absent; 3 sizes, or absent.
     *
     * @param interpolation how
     * @param axes the dimensions resized; empty for all
     * @param policy how sizes are taken
     */
    public record DynamicResize(Interpolation interpolation, List<Long> axes, AspectRatioPolicy policy) implements Operator {

        public DynamicResize {
            axes = List.copyOf(axes);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (!data.hasRank()) {
                return List.of(data);
            }
            List<Dim> dims = new ArrayList<>(data.shape().dims());
            List<Long> resized = axes.isEmpty() ? LongStream.range(0, dims.size()).boxed().toList() : axes;
            Optional<List<Dim>> sizes = context.hasInput(3) && policy == AspectRatioPolicy.STRETCH ? context.shapeValue(3)
                    : Optional.empty();
            for (int i = 0; i < resized.size(); i++) {
                int axis = context.axis(resized.get(i), dims.size());
                dims.set(axis, sizes.isPresent() ? sizes.get().get(i) : context.unknownDim("dim" + axis));
            }
            return List.of(data.withShape(new Shape(dims)));
        }
    }

    /** What lies outside the data. */
    public enum PaddingMode { ZEROS, BORDER, REFLECTION }

    /**
     * Samples data (input 0) [N, C, d1, d2, ...] at positions (input 1) [N, p1, p2, ..., dimensions], which run from -1 to 1
     * and name the last dimension first. Result: [N, C, p1, p2, ...].
     *
     * @param mode how a value between elements is made
     * @param padding what lies outside
     * @param alignCorners whether -1 and 1 are the centers of the corner elements, rather than their outer edges
     */
    public record GridSample(Mode mode, PaddingMode padding, boolean alignCorners) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            Shape grid = context.shape(1);
            if (!data.hasRank() || grid == null) {
                return List.of(TensorType.ofUnknownRank(data.dataType()));
            }
            if (grid.rank() != data.shape().rank() || grid.rank() < 3) {
                throw context.error("positions " + grid + " do not fit data " + data);
            }
            List<Dim> dims = new ArrayList<>(List.of(data.shape().dim(0), data.shape().dim(1)));
            dims.addAll(grid.dims().subList(1, grid.rank() - 1));
            return List.of(data.withShape(new Shape(dims)));
        }
    }

    /**
     * The positions {@link GridSample} takes for an affine map (input 0) [N, 2, 3] or [N, 3, 4] and result sizes (input 1), an
     * int64 vector [N, C, H, W] or [N, C, D, H, W]. Result: [N, H, W, 2] or [N, D, H, W, 3].
     *
     * @param alignCorners whether -1 and 1 are the centers of the corner elements, rather than their outer edges
     */
    public record AffineGrid(boolean alignCorners) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType theta = context.tensor(0);
            Optional<List<Dim>> sizes = context.shapeValue(1);
            int length = sizes.map(List::size).orElseGet(() -> Dims.length(context, 1));
            if (length < 0) {
                return List.of(TensorType.ofUnknownRank(theta.dataType()));
            }
            if (length != 4 && length != 5) {
                throw context.error("sizes must be [N, C, H, W] or [N, C, D, H, W]");
            }
            List<Dim> dims = new ArrayList<>();
            dims.add(theta.hasRank() ? theta.shape().dim(0) : context.unknownDim("N"));
            dims.addAll(sizes.map(s -> s.subList(2, length)).orElseGet(() -> Dims.unknown(length - 2, context).dims()));
            dims.add(Dim.of(length - 2));
            return List.of(theta.withShape(new Shape(dims)));
        }
    }
}
