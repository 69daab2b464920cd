package io.firesteel.reference;

import io.firesteel.op.Normalizations;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Evaluators of {@link Normalizations}, computed in double. */
public final class NormalizationEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Normalizations.BatchNormalization.class, (op, in) -> List.of(byChannel(in.tensor(0), Elements.read(in.tensor(1)),
                Elements.read(in.tensor(2)), Elements.read(in.tensor(3)), Elements.read(in.tensor(4)), op.epsilon())));
        registry.add(Normalizations.PerActivationBatchNormalization.class, (op, in) -> List.of(byPlace(op, in)));
        registry.add(Normalizations.BatchNormalizationTraining.class, NormalizationEvaluators::training);
        registry.add(Normalizations.LayerNormalization.class, NormalizationEvaluators::layer);
        registry.add(Normalizations.RMSNormalization.class, NormalizationEvaluators::rms);
        registry.add(Normalizations.InstanceNormalization.class,
                (op, in) -> List.of(byGroup(in, (int) channels(in.tensor(0)), op.epsilon())));
        registry.add(Normalizations.GroupNormalization.class,
                (op, in) -> List.of(byGroup(in, Math.toIntExact(op.groups()), op.epsilon())));
        registry.add(Normalizations.LRN.class, (op, in) -> List.of(localResponse(op, in.tensor(0))));
        registry.add(Normalizations.LpNormalization.class,
                (op, in) -> List.of(Lanes.map(in.tensor(0), op.axis(), lane -> unitNorm(lane, op.p()))));
        registry.add(Normalizations.MeanVarianceNormalization.class, (op, in) -> List.of(meanVariance(op, in.tensor(0))));
    }

    private static long channels(Tensor x) {
        return x.rank() > 1 ? x.size(1) : 1;
    }

    private static int plane(Tensor x) {
        return x.rank() > 2 ? Math.toIntExact(Elements.product(Arrays.copyOfRange(x.sizes(), 2, x.rank()))) : 1;
    }

    private static Tensor byChannel(Tensor x, double[] scale, double[] bias, double[] mean, double[] variance, double epsilon) {
        Tensor y = Tensor.zeros(x.dataType(), x.sizes());
        int plane = plane(x);
        long planes = plane == 0 ? 0 : x.elements() / plane;
        double[] values = new double[plane];
        for (long p = 0; p < planes; p++) {
            int c = (int) (p % channels(x));
            double factor = scale[c] / Math.sqrt(variance[c] + epsilon);
            Elements.read(x, p * plane, values, 0, plane);
            for (int i = 0; i < plane; i++) {
                values[i] = (values[i] - mean[c]) * factor + bias[c];
            }
            Elements.write(y, p * plane, values, 0, plane);
        }
        return y;
    }

    private static Tensor byPlace(Normalizations.PerActivationBatchNormalization op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        Tensor y = Tensor.zeros(x.dataType(), x.sizes());
        long places = in.tensor(1).elements();
        for (long i = 0; i < y.elements(); i++) {
            long place = i % places;
            y.setDouble(i, (x.getDouble(i) - in.tensor(3).getDouble(place))
                    / Math.sqrt(in.tensor(4).getDouble(place) + op.epsilon())
                    * in.tensor(1).getDouble(place) + in.tensor(2).getDouble(place));
        }
        return y;
    }

    private static List<HostValue> training(Normalizations.BatchNormalizationTraining op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        int channels = (int) channels(x);
        int plane = plane(x);
        double[] mean = new double[channels];
        double[] variance = new double[channels];
        long count = x.elements() / Math.max(1, channels);
        for (long i = 0; i < x.elements(); i++) {
            mean[(int) (i / plane % channels)] += x.getDouble(i) / count;
        }
        for (long i = 0; i < x.elements(); i++) {
            int c = (int) (i / plane % channels);
            double difference = x.getDouble(i) - mean[c];
            variance[c] += difference * difference / count;
        }
        Tensor y = byChannel(x, Elements.read(in.tensor(1)), Elements.read(in.tensor(2)), mean, variance, op.epsilon());
        return List.of(y, running(in.tensor(3), mean, op.momentum()), running(in.tensor(4), variance, op.momentum()));
    }

    private static Tensor running(Tensor given, double[] current, double momentum) {
        Tensor result = Tensor.zeros(given.dataType(), given.sizes());
        for (int c = 0; c < current.length; c++) {
            result.setDouble(c, given.getDouble(c) * momentum + current[c] * (1 - momentum));
        }
        return result;
    }

    private static List<HostValue> layer(Normalizations.LayerNormalization op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        int axis = (int) (op.axis() < 0 ? op.axis() + x.rank() : op.axis());
        long[] statisticSizes = x.sizes();
        Arrays.fill(statisticSizes, axis, statisticSizes.length, 1);
        Tensor mean = Tensor.zeros(op.stashType(), statisticSizes);
        Tensor inverse = Tensor.zeros(op.stashType(), statisticSizes);
        Tensor y = Tensor.zeros(x.dataType(), x.sizes());
        Parameter scale = new Parameter(in.tensor(1), x, axis);
        Parameter bias = in.hasInput(2) ? new Parameter(in.tensor(2), x, axis) : null;
        int size = Math.toIntExact(Elements.product(Arrays.copyOfRange(x.sizes(), axis, x.rank())));
        double[] values = new double[size];
        for (long row = 0; row < mean.elements(); row++) {
            Elements.read(x, row * size, values, 0, size);
            double average = mean(values);
            double factor = 1 / Math.sqrt(variance(values, average) + op.epsilon());
            mean.setDouble(row, average);
            inverse.setDouble(row, factor);
            for (int i = 0; i < size; i++) {
                values[i] = (values[i] - average) * factor * scale.at(row, i) + (bias == null ? 0 : bias.at(row, i));
            }
            Elements.write(y, row * size, values, 0, size);
        }
        return List.of(y, mean, inverse);
    }

    private static List<HostValue> rms(Normalizations.RMSNormalization op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        int axis = (int) (op.axis() < 0 ? op.axis() + x.rank() : op.axis());
        Tensor y = Tensor.zeros(in.tensor(1).dataType(), x.sizes());
        Parameter scale = new Parameter(in.tensor(1), x, axis);
        int size = Math.toIntExact(Elements.product(Arrays.copyOfRange(x.sizes(), axis, x.rank())));
        double[] values = new double[size];
        long rows = size == 0 ? 0 : x.elements() / size;
        for (long row = 0; row < rows; row++) {
            Elements.read(x, row * size, values, 0, size);
            double square = 0;
            for (double v : values) {
                square += v * v;
            }
            double factor = 1 / Math.sqrt(square / size + op.epsilon());
            for (int i = 0; i < size; i++) {
                values[i] *= factor * scale.at(row, i);
            }
            Elements.write(y, row * size, values, 0, size);
        }
        return List.of(y);
    }

    /** A scale or bias broadcast to the data, seen as rows of the normalized axes. */
    private static final class Parameter {

        private final double[] values;
        private final Broadcast index;
        private final long rowSize;

        Parameter(Tensor tensor, Tensor data, int axis) {
            values = Elements.read(tensor);
            boolean sameForAllRows = tensor.rank() <= data.rank() - axis;
            long[] target = Arrays.copyOfRange(data.sizes(), axis, data.rank());
            rowSize = sameForAllRows ? 0 : Elements.product(target);
            index = new Broadcast(tensor.sizes(), sameForAllRows ? target : data.sizes());
        }

        double at(long row, int i) {
            return values[(int) index.index(row * rowSize + i)];
        }
    }

    private static Tensor byGroup(EvaluationContext in, int groups, double epsilon) {
        Tensor x = in.tensor(0);
        double[] scale = Elements.read(in.tensor(1));
        double[] bias = Elements.read(in.tensor(2));
        int channels = (int) channels(x);
        int plane = plane(x);
        int groupChannels = channels / groups;
        if (groupChannels * groups != channels || scale.length != channels && scale.length != groups || scale.length != bias.length) {
            throw in.error("scale and bias must have one element for each of the " + channels + " channels or " + groups
                    + " groups, are " + in.tensor(1).type() + " and " + in.tensor(2).type());
        }
        Tensor y = Tensor.zeros(x.dataType(), x.sizes());
        double[] values = new double[Math.multiplyExact(groupChannels, plane)];
        for (long g = 0; values.length > 0 && g < x.size(0) * groups; g++) {
            Elements.read(x, g * values.length, values, 0, values.length);
            double mean = mean(values);
            double factor = 1 / Math.sqrt(variance(values, mean) + epsilon);
            for (int i = 0; i < values.length; i++) {
                int group = (int) (g % groups);
                int parameter = scale.length == groups ? group : group * groupChannels + i / plane;
                values[i] = (values[i] - mean) * factor * scale[parameter] + bias[parameter];
            }
            Elements.write(y, g * values.length, values, 0, values.length);
        }
        return y;
    }

    private static double mean(double[] values) {
        double sum = 0;
        for (double v : values) {
            sum += v;
        }
        return sum / values.length;
    }

    private static double variance(double[] values, double mean) {
        double sum = 0;
        for (double v : values) {
            sum += (v - mean) * (v - mean);
        }
        return sum / values.length;
    }

    private static Tensor localResponse(Normalizations.LRN op, Tensor x) {
        long before = (op.size() - 1) / 2;
        long after = op.size() - 1 - before;
        return Lanes.map(x, 1, lane -> {
            double[] result = new double[lane.length];
            for (int c = 0; c < lane.length; c++) {
                double square = 0;
                for (long i = Math.max(0, c - before); i <= Math.min(lane.length - 1, c + after); i++) {
                    square += lane[(int) i] * lane[(int) i];
                }
                result[c] = lane[c] / Math.pow(op.bias() + op.alpha() / op.size() * square, op.beta());
            }
            return result;
        });
    }

    private static double[] unitNorm(double[] lane, long p) {
        double norm = 0;
        for (double v : lane) {
            norm += p == 1 ? Math.abs(v) : v * v;
        }
        norm = p == 1 ? norm : Math.sqrt(norm);
        for (int i = 0; i < lane.length; i++) {
            lane[i] = norm == 0 ? 0 : lane[i] / norm;
        }
        return lane;
    }

    private static Tensor meanVariance(Normalizations.MeanVarianceNormalization op, Tensor x) {
        long[] keptSizes = x.sizes();
        op.axes().forEach(a -> keptSizes[(int) (a < 0 ? a + x.rank() : a)] = 1);
        int kept = Math.toIntExact(Elements.product(keptSizes));
        Broadcast index = new Broadcast(keptSizes, x.sizes());
        double[] mean = new double[kept];
        double[] variance = new double[kept];
        double count = (double) x.elements() / Math.max(1, kept);
        for (long i = 0; i < x.elements(); i++) {
            mean[(int) index.index(i)] += x.getDouble(i) / count;
        }
        for (long i = 0; i < x.elements(); i++) {
            double difference = x.getDouble(i) - mean[(int) index.index(i)];
            variance[(int) index.index(i)] += difference * difference / count;
        }
        Tensor y = Tensor.zeros(x.dataType(), x.sizes());
        for (long i = 0; i < x.elements(); i++) {
            int at = (int) index.index(i);
            y.setDouble(i, (x.getDouble(i) - mean[at]) / (op.normalizeVariance() ? Math.sqrt(variance[at]) + 1e-9 : 1));
        }
        return y;
    }
}
