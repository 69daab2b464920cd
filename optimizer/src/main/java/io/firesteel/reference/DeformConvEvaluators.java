package io.firesteel.reference;

import io.firesteel.op.DeformConv;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Evaluator of {@link DeformConv}. */
public final class DeformConvEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(DeformConv.class, (op, in) -> List.of(new Run(op, in).result()));
    }

    private static final class Run {

        private final DeformConv op;
        private final EvaluationContext in;
        private final Tensor x;
        private final Tensor w;
        private final Tensor offsets;
        private final int axes;
        private final long[] plane;
        private final long[] kernel;
        private final long[] positions;
        private final int planeSize;
        private final int kernelSize;
        private final int positionCount;

        Run(DeformConv op, EvaluationContext in) {
            this.op = op;
            this.in = in;
            x = in.tensor(0);
            w = in.tensor(1);
            offsets = in.tensor(2);
            axes = x.rank() - 2;
            plane = Arrays.copyOfRange(x.sizes(), 2, x.rank());
            kernel = Arrays.copyOfRange(w.sizes(), 2, w.rank());
            positions = Arrays.copyOfRange(offsets.sizes(), 2, offsets.rank());
            planeSize = Math.toIntExact(Elements.product(plane));
            kernelSize = Math.toIntExact(Elements.product(kernel));
            positionCount = Math.toIntExact(Elements.product(positions));
            if (offsets.size(1) != op.offsetGroups() * kernelSize * axes || x.size(1) != w.size(1) * op.groups()
                    || x.size(1) % op.offsetGroups() != 0) {
                throw in.error("data " + x.type() + ", weights " + w.type() + " and offsets " + offsets.type()
                        + " do not fit together");
            }
        }

        Tensor result() {
            long[] sizes = offsets.sizes();
            sizes[1] = w.size(0);
            Tensor y = Tensor.zeros(x.dataType(), sizes);
            int channels = Math.toIntExact(x.size(1));
            int groupChannels = Math.toIntExact(w.size(1));
            int groupOutputs = Math.toIntExact(w.size(0) / op.groups());
            double[] weights = Elements.read(w);
            double[] sampled = new double[channels * kernelSize];
            for (int n = 0; n < x.size(0); n++) {
                double[] data = Elements.read(x, (long) n * channels * planeSize, channels * planeSize);
                for (int p = 0; p < positionCount; p++) {
                    for (int i = 0; i < sampled.length; i++) {
                        sampled[i] = sample(data, n, i / kernelSize, i % kernelSize, p);
                    }
                    for (int m = 0; m < w.size(0); m++) {
                        double sum = in.hasInput(3) ? in.tensor(3).getDouble(m) : 0;
                        int from = m / groupOutputs * groupChannels * kernelSize;
                        for (int i = 0; i < groupChannels * kernelSize; i++) {
                            sum += weights[m * groupChannels * kernelSize + i] * sampled[from + i];
                        }
                        y.setDouble(((long) n * w.size(0) + m) * positionCount + p, sum);
                    }
                }
            }
            return y;
        }

        /** What kernel element {@code k} at position {@code p} sees of a channel. */
        private double sample(double[] data, int n, int channel, int k, int p) {
            long group = channel / (x.size(1) / op.offsetGroups());
            double[] place = new double[axes];
            long restK = k;
            long restP = p;
            for (int axis = axes - 1; axis >= 0; axis--) {
                long row = (n * op.offsetGroups() + group) * kernelSize * axes + (long) k * axes + axis;
                place[axis] = restP % positions[axis] * op.strides().get(axis) - op.padsBegin().get(axis)
                        + restK % kernel[axis] * op.dilations().get(axis) + offsets.getDouble(row * positionCount + p);
                restK /= kernel[axis];
                restP /= positions[axis];
            }
            double factor = in.hasInput(4)
                    ? in.tensor(4).getDouble(((n * op.offsetGroups() + group) * kernelSize + k) * positionCount + p) : 1;
            return factor * interpolate(data, channel * planeSize, place);
        }

        /** Linear interpolation between the neighbours of a place, those outside the plane being zero. */
        private double interpolate(double[] data, int at, double[] place) {
            double sum = 0;
            for (int corner = 0; corner < 1 << axes; corner++) {
                double weight = 1;
                long element = 0;
                for (int axis = 0; axis < axes && weight != 0; axis++) {
                    double floor = Math.floor(place[axis]);
                    boolean upper = (corner >> axis & 1) == 1;
                    long index = (long) floor + (upper ? 1 : 0);
                    weight *= index < 0 || index >= plane[axis] ? 0 : upper ? place[axis] - floor : 1 - (place[axis] - floor);
                    element = element * plane[axis] + index;
                }
                if (weight != 0) {
                    sum += weight * data[at + (int) element];
                }
            }
            return sum;
        }
    }
}
