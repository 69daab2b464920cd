package io.firesteel.reference;

import io.firesteel.op.Resampling;
import io.firesteel.op.Resampling.CoordinateTransformation;
import io.firesteel.op.Resampling.Interpolation;
import io.firesteel.op.Resampling.Mode;
import io.firesteel.op.Resampling.NearestMode;
import io.firesteel.op.Resampling.Resize;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/** Evaluators of {@link Resampling.Resize}: one dimension after the other, each by a table of weights. */
public final class ResamplingEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Resize.class, (op, in) -> List.of(resize(op, in.tensor(0))));
        registry.add(Resampling.DynamicResize.class, ResamplingEvaluators::dynamic);
        registry.add(Resampling.GridSample.class, (op, in) -> List.of(GridSampling.sample(op, in.tensor(0), in.tensor(1))));
        registry.add(Resampling.AffineGrid.class, (op, in) ->
                List.of(GridSampling.affine(in.tensor(0), in.tensor(1).toLongs(), op.alignCorners())));
    }

    /** What one position along a dimension is made of: elements with weights; none where it is extrapolated. */
    private record Taps(long[] indices, double[] weights) { }

    private static List<HostValue> dynamic(Resampling.DynamicResize op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        List<Long> axes = op.axes().isEmpty() ? LongStream.range(0, x.rank()).boxed().toList() : op.axes();
        List<Float> region = floats(in, 1);
        if (op.interpolation().transformation() != CoordinateTransformation.TF_CROP_AND_RESIZE) {
            region = List.of();
        }
        List<Float> scales = floats(in, 2);
        List<Long> sizes = in.hasInput(3) && scales.isEmpty() ? MovementEvaluators.longs(in.tensor(3)) : List.of();
        if (scales.size() + sizes.size() != axes.size()) {
            throw new IllegalArgumentException("scales " + scales + " and sizes " + sizes + " for axes " + axes);
        }
        return List.of(resize(new Resize(op.interpolation(), axes, scales, sizes, op.policy(), region), x));
    }

    private static List<Float> floats(EvaluationContext in, int index) {
        List<Float> values = new ArrayList<>();
        for (int i = 0; in.hasInput(index) && i < in.tensor(index).elements(); i++) {
            values.add((float) in.tensor(index).getDouble(i));
        }
        return values;
    }

    private static Tensor resize(Resize op, Tensor x) {
        int[] axes = op.axes().stream().mapToInt(a -> StridedCopy.axis(a, x.rank())).toArray();
        long[] input = Arrays.stream(axes).mapToLong(x::size).toArray();
        long[] output = op.outputSizes(input);
        double[] factors = op.factors(input);
        boolean nearest = op.interpolation().mode() == Mode.NEAREST
                && op.interpolation().transformation() != CoordinateTransformation.TF_CROP_AND_RESIZE;
        Tensor y = x;
        double[] values = nearest ? null : Elements.read(x);
        long[] sizes = x.sizes();
        for (int i = 0; i < axes.length; i++) {
            boolean cropped = !op.region().isEmpty() && (op.region().get(i) != 0 || op.region().get(axes.length + i) != 1);
            if (output[i] == input[i] && factors[i] == 1 && !cropped) {
                continue;
            }
            Taps[] taps = new Taps[Math.toIntExact(output[i])];
            for (int j = 0; j < taps.length; j++) {
                double from = op.region().isEmpty() ? 0 : op.region().get(i);
                double to = op.region().isEmpty() ? 1 : op.region().get(axes.length + i);
                double position = origin(op.interpolation().transformation(), j, factors[i], input[i], output[i], from, to);
                taps[j] = taps(op.interpolation(), position, factors[i], input[i]);
            }
            if (nearest) {
                y = pick(y, axes[i], taps);
            } else {
                values = weigh(values, sizes, axes[i], taps, op.interpolation().extrapolation());
            }
            sizes[axes[i]] = output[i];
        }
        return nearest ? y : rounded(values, x, sizes);
    }

    /** The values as a tensor of the data's type; integers are rounded and clamped. */
    private static Tensor rounded(double[] values, Tensor x, long[] sizes) {
        DataType type = x.dataType();
        if (type.isInteger()) {
            double high = Math.pow(2, 8 * type.bytes() - (type.isUnsigned() ? 0 : 1)) - 1;
            double low = type.isUnsigned() ? 0 : -high - 1;
            for (int i = 0; i < values.length; i++) {
                values[i] = Math.max(low, Math.min(Math.rint(values[i]), high));
            }
        }
        return Elements.tensor(type, sizes, values);
    }

    /** The position in the data of position {@code j} of the result. */
    private static double origin(CoordinateTransformation transformation, long j, double scale, long input, long output,
            double from, double to) {
        double length = scale * input;
        return switch (transformation) {
            case HALF_PIXEL -> (j + 0.5) / scale - 0.5;
            case HALF_PIXEL_SYMMETRIC -> input / 2.0 * (1 - output / length) + (j + 0.5) / scale - 0.5;
            case PYTORCH_HALF_PIXEL -> output > 1 ? (j + 0.5) / scale - 0.5 : 0;
            case ALIGN_CORNERS -> length == 1 ? 0 : j * (input - 1) / (length - 1);
            case ASYMMETRIC -> j / scale;
            case TF_CROP_AND_RESIZE -> output > 1 ? from * (input - 1) + j * (to - from) * (input - 1) / (length - 1)
                    : 0.5 * (from + to) * (input - 1);
        };
    }

    private static Taps taps(Interpolation how, double position, double scale, long size) {
        if (how.transformation() == CoordinateTransformation.TF_CROP_AND_RESIZE && (position < 0 || position > size - 1)) {
            return new Taps(new long[0], new double[0]);
        }
        if (how.mode() == Mode.NEAREST) {
            long index = (long) nearest(how.nearest(), position, scale);
            return new Taps(new long[] {Math.max(0, Math.min(index, size - 1))}, new double[] {1});
        }
        double stretch = how.antialias() ? Math.min(scale, 1) : 1;
        int radius = how.mode() == Mode.LINEAR ? 1 : 2;
        long base = (long) Math.ceil(position) - 1;
        int first = (int) Math.floor(-radius / stretch) + 1;
        int count = 2 - 2 * first;
        long[] indices = new long[count];
        double[] weights = new double[count];
        double sum = 0;
        for (int i = 0; i < count; i++) {
            long index = base + first + i;
            double distance = Math.abs(index - position) * stretch;
            boolean outside = index < 0 || index >= size;
            weights[i] = how.excludeOutside() && outside ? 0 : how.mode() == Mode.LINEAR ? Math.max(0, 1 - distance)
                    : Cubic.kernel(distance, how.cubicCoefficient());
            indices[i] = Math.max(0, Math.min(index, size - 1));
            sum += weights[i];
        }
        for (int i = 0; i < count && (how.antialias() || how.excludeOutside()) && sum != 0; i++) {
            weights[i] /= sum;
        }
        return new Taps(indices, weights);
    }

    private static double nearest(NearestMode mode, double position, double scale) {
        return switch (mode) {
            case ROUND_PREFER_FLOOR -> Math.ceil(position - 0.5);
            case ROUND_PREFER_CEIL -> Math.floor(position + 0.5);
            case FLOOR -> Math.floor(position);
            case CEIL -> Math.ceil(position);
            case SIMPLE -> scale < 1 ? Math.ceil(position) : Math.floor(position);
        };
    }

    private static Tensor pick(Tensor x, int axis, Taps[] taps) {
        long[] sizes = x.sizes();
        sizes[axis] = taps.length;
        Tensor y = Tensor.zeros(x.dataType(), sizes);
        long outer = StridedCopy.product(sizes, 0, axis);
        long run = StridedCopy.product(sizes, axis + 1, sizes.length);
        for (long o = 0; o < outer; o++) {
            for (int j = 0; j < taps.length; j++) {
                y.copy((o * taps.length + j) * run, x, (o * x.size(axis) + taps[j].indices[0]) * run, run);
            }
        }
        return y;
    }

    private static double[] weigh(double[] x, long[] sizes, int axis, Taps[] taps, double extrapolation) {
        int outer = (int) StridedCopy.product(sizes, 0, axis);
        int run = (int) StridedCopy.product(sizes, axis + 1, sizes.length);
        int size = (int) sizes[axis];
        double[] y = new double[Math.toIntExact((long) outer * taps.length * run)];
        for (int o = 0; o < outer; o++) {
            for (int j = 0; j < taps.length; j++) {
                int at = (o * taps.length + j) * run;
                for (int t = 0; t < taps[j].indices.length; t++) {
                    int from = (o * size + (int) taps[j].indices[t]) * run;
                    double weight = taps[j].weights[t];
                    for (int r = 0; r < run; r++) {
                        y[at + r] += weight * x[from + r];
                    }
                }
                if (taps[j].indices.length == 0) {
                    Arrays.fill(y, at, at + run, extrapolation);
                }
            }
        }
        return y;
    }
}
