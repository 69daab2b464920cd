package io.firesteel.reference;

import io.firesteel.op.Detection;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.LongStream;

/** Evaluators of {@link Detection}. */
public final class DetectionEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Detection.NonMaxSuppression.class, (op, in) -> List.of(suppress(op, in)));
        registry.add(Detection.RoiAlign.class, (op, in) -> List.of(align(op, in)));
        registry.add(Detection.MaxRoiPool.class, (op, in) -> List.of(pool(op, in.tensor(0), in.tensor(1))));
    }

    private static Tensor suppress(Detection.NonMaxSuppression op, EvaluationContext in) {
        Tensor boxes = in.tensor(0);
        Tensor scores = in.tensor(1);
        long count = boxes.size(1);
        if (boxes.size(2) != 4 || scores.size(2) != count || scores.size(0) != boxes.size(0)) {
            throw new IllegalArgumentException("boxes " + boxes + " and scores " + scores + " do not fit together");
        }
        long limit = in.hasInput(2) ? in.tensor(2).getLong(0) : 0;
        float overlap = in.hasInput(3) ? (float) in.tensor(3).getDouble(0) : 0;
        double lowest = in.hasInput(4) ? in.tensor(4).getDouble(0) : Double.NEGATIVE_INFINITY;
        List<long[]> chosen = new ArrayList<>();
        for (long n = 0; n < boxes.size(0); n++) {
            for (long c = 0; c < scores.size(1); c++) {
                long first = (n * scores.size(1) + c) * count;
                List<Long> candidates = LongStream.range(0, count)
                        .filter(b -> !in.hasInput(4) || scores.getDouble(first + b) > lowest).boxed()
                        .sorted(Comparator.comparingDouble((Long b) -> -scores.getDouble(first + b))).toList();
                List<float[]> kept = new ArrayList<>();
                for (long b : candidates) {
                    if (kept.size() >= limit) {
                        break;
                    }
                    float[] box = corners(boxes, (n * count + b) * 4, op.centerPointBox());
                    if (kept.stream().noneMatch(k -> overlap(k, box) > overlap)) {
                        kept.add(box);
                        chosen.add(new long[] {n, c, b});
                    }
                }
            }
        }
        return Tensor.longs(new long[] {chosen.size(), 3}, chosen.stream().flatMapToLong(LongStream::of).toArray());
    }

    /** The corners y1, x1, y2, x2, the smaller coordinates first. */
    private static float[] corners(Tensor boxes, long at, boolean center) {
        float a = (float) boxes.getDouble(at);
        float b = (float) boxes.getDouble(at + 1);
        float c = (float) boxes.getDouble(at + 2);
        float d = (float) boxes.getDouble(at + 3);
        return center ? new float[] {b - d / 2, a - c / 2, b + d / 2, a + c / 2}
                : new float[] {Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)};
    }

    private static float overlap(float[] a, float[] b) {
        float height = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
        float width = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
        float first = (a[2] - a[0]) * (a[3] - a[1]);
        float second = (b[2] - b[0]) * (b[3] - b[1]);
        if (height <= 0 || width <= 0 || first <= 0 || second <= 0) {
            return Float.NEGATIVE_INFINITY;
        }
        return height * width / (first + second - height * width);
    }

    private static Tensor align(Detection.RoiAlign op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        Tensor regions = in.tensor(1);
        Tensor items = in.tensor(2);
        long channels = x.size(1);
        Tensor y = Tensor.zeros(x.dataType(), regions.size(0), channels, op.height(), op.width());
        double shift = op.halfPixel() ? 0.5 : 0;
        for (long r = 0; r < regions.size(0); r++) {
            double[] region = new double[4];
            for (int i = 0; i < 4; i++) {
                region[i] = regions.getDouble(r * 4 + i) * op.spatialScale() - shift;
            }
            double least = op.halfPixel() ? Double.NEGATIVE_INFINITY : 1;
            double binWidth = Math.max(region[2] - region[0], least) / op.width();
            double binHeight = Math.max(region[3] - region[1], least) / op.height();
            long rows = op.samplingRatio() > 0 ? op.samplingRatio() : (long) Math.ceil(binHeight);
            long columns = op.samplingRatio() > 0 ? op.samplingRatio() : (long) Math.ceil(binWidth);
            long item = StridedCopy.position(items.getLong(r), x.size(0));
            for (long c = 0; c < channels; c++) {
                for (long bin = 0; bin < op.height() * op.width(); bin++) {
                    double result = op.max() && rows * columns > 0 ? Double.NEGATIVE_INFINITY : 0;
                    for (long s = 0; s < rows * columns; s++) {
                        double down = region[1] + (bin / op.width() + (s / columns + 0.5) / rows) * binHeight;
                        double right = region[0] + (bin % op.width() + (s % columns + 0.5) / columns) * binWidth;
                        double value = sample(x, (item * channels + c) * x.size(2) * x.size(3), down, right, op.max());
                        result = op.max() ? Math.max(result, value) : result + value / (rows * columns);
                    }
                    y.setDouble((r * channels + c) * op.height() * op.width() + bin, result);
                }
            }
        }
        return y;
    }

    /** The interpolated value at a position, or the largest of its four weighted neighbors; 0 outside the data. */
    private static double sample(Tensor x, long plane, double down, double right, boolean max) {
        long height = x.size(2);
        long width = x.size(3);
        if (down < -1 || down > height || right < -1 || right > width) {
            return 0;
        }
        double row = Math.min(Math.max(down, 0), height - 1);
        double column = Math.min(Math.max(right, 0), width - 1);
        long top = (long) row;
        long left = (long) column;
        double result = max ? Double.NEGATIVE_INFINITY : 0;
        for (int corner = 0; corner < 4; corner++) {
            long r = Math.min(top + corner / 2, height - 1);
            long c = Math.min(left + corner % 2, width - 1);
            double weight = (corner / 2 == 0 ? 1 - (row - top) : row - top) * (corner % 2 == 0 ? 1 - (column - left) : column - left);
            double value = weight * x.getDouble(plane + r * width + c);
            result = max ? Math.max(result, value) : result + value;
        }
        return result;
    }

    private static Tensor pool(Detection.MaxRoiPool op, Tensor x, Tensor regions) {
        long channels = x.size(1);
        Tensor y = Tensor.zeros(x.dataType(), regions.size(0), channels, op.height(), op.width());
        for (long r = 0; r < regions.size(0); r++) {
            long item = StridedCopy.position(regions.getLong(r * 5), x.size(0));
            long[] region = new long[4];
            for (int i = 0; i < 4; i++) {
                region[i] = Math.round(regions.getDouble(r * 5 + 1 + i) * op.spatialScale());
            }
            double binWidth = Math.max(region[2] - region[0] + 1, 1) / (double) op.width();
            double binHeight = Math.max(region[3] - region[1] + 1, 1) / (double) op.height();
            for (long c = 0; c < channels; c++) {
                for (long bin = 0; bin < op.height() * op.width(); bin++) {
                    long row = bin / op.width();
                    long column = bin % op.width();
                    double largest = largest(x, (item * channels + c) * x.size(2) * x.size(3),
                            region[1] + (long) Math.floor(row * binHeight), region[1] + (long) Math.ceil((row + 1) * binHeight),
                            region[0] + (long) Math.floor(column * binWidth), region[0] + (long) Math.ceil((column + 1) * binWidth));
                    y.setDouble((r * channels + c) * op.height() * op.width() + bin, largest);
                }
            }
        }
        return y;
    }

    private static double largest(Tensor x, long plane, long top, long bottom, long left, long right) {
        double largest = Double.NEGATIVE_INFINITY;
        for (long r = Math.max(top, 0); r < Math.min(bottom, x.size(2)); r++) {
            for (long c = Math.max(left, 0); c < Math.min(right, x.size(3)); c++) {
                largest = Math.max(largest, x.getDouble(plane + r * x.size(3) + c));
            }
        }
        return Double.isInfinite(largest) ? 0 : largest;
    }
}
