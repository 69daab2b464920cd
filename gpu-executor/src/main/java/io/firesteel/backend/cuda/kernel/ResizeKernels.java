package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.op.Operator;
import io.firesteel.op.Resampling;
import io.firesteel.op.Resampling.AspectRatioPolicy;
import io.firesteel.op.Resampling.CoordinateTransformation;
import io.firesteel.op.Resampling.Mode;
import io.firesteel.op.Resampling.Resize;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Resizing by tables of positions and weights that are made when the kernel is, one for each axis that changes. */
final class ResizeKernels implements KernelFamily {

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        return Map.of(Resize.class, (l, t) -> offer(l, t, (Resize) l.operator()),
                Resampling.DynamicResize.class, ResizeKernels::dynamic);
    }

    private static Offer dynamic(Layer layer, KernelTarget target) {
        Resampling.DynamicResize op = (Resampling.DynamicResize) layer.operator();
        int rank = layer.input(0).shape().rank();
        List<Long> axes = op.axes().isEmpty() ? LongStream.range(0, rank).boxed().toList() : op.axes();
        boolean cropped = op.interpolation().transformation() == CoordinateTransformation.TF_CROP_AND_RESIZE;
        for (int i = cropped ? 1 : 2; i < layer.inputCount(); i++) {
            if (layer.isVariable(i)) {
                return Offer.none("the sizes depend on data");
            }
        }
        List<Float> scales = floats(layer, 2);
        List<Long> sizes = scales.isEmpty() && layer.inputCount() > 3
                ? layer.constant(3).map(s -> Arrays.stream(s.toLongs()).boxed().toList()).orElse(List.of()) : List.of();
        return offer(layer, target, new Resize(op.interpolation(), axes, scales, sizes,
                sizes.isEmpty() ? AspectRatioPolicy.STRETCH : op.policy(), cropped ? floats(layer, 1) : List.of()));
    }

    private static List<Float> floats(Layer layer, int index) {
        List<Float> values = new ArrayList<>();
        if (index < layer.inputCount()) {
            layer.constant(index).ifPresent(t -> {
                for (long i = 0; i < t.elements(); i++) {
                    values.add((float) t.getDouble(i));
                }
            });
        }
        return values;
    }

    /** Positions and weights along one axis; position -1 where the result is extrapolated. */
    private record Taps(int axis, int count, Tensor positions, Tensor weights) { }

    private static Offer offer(Layer layer, KernelTarget target, Resize op) {
        if (layer.output(0).shape().elements() == 0 || layer.input(0).dataType() == DataType.BOOL) {
            return Offer.none("the result is empty or bool");
        }
        List<Taps> taps = taps(op, layer.inputSizes(0));
        List<Tactic> tactics = new ArrayList<>();
        List<TensorFormat> formats = layer.input(0).shape().rank() >= 3 ? List.of(TensorFormat.HWC, TensorFormat.LINEAR)
                : List.of(TensorFormat.LINEAR);
        for (TensorFormat format : formats) {
            TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
            inputs[0] = CudaTypes.layout(layer, layer.input(0), format);
            TensorLayout[] outputs = {CudaTypes.layout(layer, layer.output(0), format)};
            tactics.add(target.tactic("resize:" + format, inputs, outputs,
                    (operands, constants) -> KernelSequence.of(call(op, taps, operands, constants)))
                    .precision(CudaTypes.precision(layer)).slices(i -> true, i -> true));
        }
        return Offer.of(tactics);
    }

    private static KernelCall call(Resize op, List<Taps> taps, Operands operands, Constants constants) {
        TensorLayout in = operands.inputs().get(0);
        TensorLayout out = operands.outputs().get(0);
        ElementSource source = new ElementSource("resize", out.sizes()).output("y", 0, out).input("x", 0, in);
        boolean exact = op.interpolation().mode() == Mode.NEAREST;
        String math = exact ? CudaTypes.math(in.dataType()) : in.dataType() == DataType.FLOAT64 ? "double" : "float";
        source.line("%s sum = 0; bool outside = false;", math);
        String places = source.here();
        String weight = "1";
        StringBuilder close = new StringBuilder();
        for (Taps t : taps) {
            int a = t.axis;
            source.pointer("at" + a, "const int", Argument.constant(constants.linear(t.positions)))
                    .pointer("weight" + a, "const float", Argument.constant(constants.linear(t.weights)));
            source.line("outside = outside || at%1$d[c%1$d * %2$d] < 0;", a, t.count);
        }
        source.line("if (!outside) {");
        for (Taps t : taps) {
            int a = t.axis;
            source.line("#pragma unroll").line("for (int k%1$d = 0; k%1$d < %2$d; ++k%1$d) {", a, t.count)
                    .line("const index_t p%1$d = at%1$d[c%1$d * %2$d + k%1$d];", a, t.count);
            if (!exact) {
                source.line("const float w%1$d = weight%1$d[c%1$d * %2$d + k%1$d];", a, t.count);
                weight = weight.equals("1") ? "w" + a : weight + " * w" + a;
            }
            places = places.replaceFirst("c" + a + "\\b", "p" + a);
            close.append('}');
        }
        source.line(exact ? "sum = x(%1$s);" : "sum += %2$s * (%3$s) x(%1$s);", places, weight, math).line("%s}", close);
        boolean whole = !exact && in.dataType().isInteger();
        String value = whole ? "f_clip(rintf(sum), (float) " + CudaTypes.lowest(in.dataType()) + ", (float) "
                + CudaTypes.highest(in.dataType()) + ")" : "sum";
        return source.line("set_y(outside ? (%s) %s : %s, %s);", math, op.interpolation().extrapolation() + "f", value, source.here())
                .call();
    }

    private static List<Taps> taps(Resize op, long[] sizes) {
        int[] axes = op.axes().stream().mapToInt(a -> Sizes.axis(a, sizes.length)).toArray();
        long[] input = Arrays.stream(axes).mapToLong(a -> sizes[a]).toArray();
        long[] output = op.outputSizes(input);
        double[] factors = op.factors(input);
        List<Taps> taps = new ArrayList<>();
        for (int i = 0; i < axes.length; i++) {
            boolean cropped = !op.region().isEmpty() && (op.region().get(i) != 0 || op.region().get(axes.length + i) != 1);
            if (output[i] != input[i] || factors[i] != 1 || cropped) {
                double from = op.region().isEmpty() ? 0 : op.region().get(i);
                double to = op.region().isEmpty() ? 1 : op.region().get(axes.length + i);
                taps.add(taps(op.interpolation(), axes[i], input[i], output[i], factors[i], from, to));
            }
        }
        return taps;
    }

    private static Taps taps(Resampling.Interpolation how, int axis, long input, long output, double scale, double from, double to) {
        double stretch = how.antialias() ? Math.min(scale, 1) : 1;
        int radius = how.mode() == Mode.LINEAR ? 1 : 2;
        int first = how.mode() == Mode.NEAREST ? 0 : (int) Math.floor(-radius / stretch) + 1;
        int count = how.mode() == Mode.NEAREST ? 1 : 2 - 2 * first;
        Tensor positions = Tensor.zeros(DataType.INT32, output, count);
        Tensor weights = Tensor.zeros(DataType.FLOAT32, output, count);
        for (long j = 0; j < output; j++) {
            double position = origin(how.transformation(), j, scale, input, output, from, to);
            if (how.transformation() == CoordinateTransformation.TF_CROP_AND_RESIZE && (position < 0 || position > input - 1)) {
                positions.setLong(j * count, -1);
            } else if (how.mode() == Mode.NEAREST) {
                positions.setLong(j, clamp((long) nearest(how.nearest(), position, scale), input));
                weights.setDouble(j, 1);
            } else {
                weigh(how, position, stretch, first, input, j * count, positions, weights);
            }
        }
        return new Taps(axis, count, positions, weights);
    }

    private static void weigh(Resampling.Interpolation how, double position, double stretch, int first, long input, long at,
            Tensor positions, Tensor weights) {
        int count = (int) positions.size(1);
        double[] values = new double[count];
        double sum = 0;
        for (int i = 0; i < count; i++) {
            long index = (long) Math.ceil(position) - 1 + first + i;
            double distance = Math.abs(index - position) * stretch;
            boolean outside = index < 0 || index >= input;
            values[i] = how.excludeOutside() && outside ? 0
                    : how.mode() == Mode.LINEAR ? Math.max(0, 1 - distance) : cubic(distance, how.cubicCoefficient());
            positions.setLong(at + i, clamp(index, input));
            sum += values[i];
        }
        double divisor = (how.antialias() || how.excludeOutside()) && sum != 0 ? sum : 1;
        for (int i = 0; i < count; i++) {
            weights.setDouble(at + i, values[i] / divisor);
        }
    }

    private static long clamp(long index, long size) {
        return Math.max(0, Math.min(index, size - 1));
    }

    /** Keys' cubic convolution kernel. */
    private static double cubic(double x, double a) {
        return x >= 2 ? 0 : x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((x - 5) * x + 8) * x * a - 4 * a;
    }

    private static double origin(CoordinateTransformation transformation, long j, double scale, long input, long output, double from,
            double to) {
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

    private static double nearest(Resampling.NearestMode mode, double position, double scale) {
        return switch (mode) {
            case ROUND_PREFER_FLOOR -> Math.ceil(position - 0.5);
            case ROUND_PREFER_CEIL -> Math.floor(position + 0.5);
            case FLOOR -> Math.floor(position);
            case CEIL -> Math.ceil(position);
            case SIMPLE -> scale < 1 ? Math.ceil(position) : Math.floor(position);
        };
    }
}
