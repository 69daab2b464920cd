package io.firesteel.reference;

import io.firesteel.op.Signal;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/** Evaluators of {@link Signal}. */
public final class SignalEvaluators implements EvaluatorFamily {

    private static final double HAMMING = 25.0 / 46.0;

    @Override
    public void register(Registry registry) {
        registry.add(Signal.DFT.class, (op, in) -> List.of(fourier(op, in)));
        registry.add(Signal.STFT.class, (op, in) -> List.of(shortTime(op, in)));
        registry.add(Signal.HannWindow.class, (op, in) -> List.of(window(in, op.periodic(), op.dataType(),
                angle -> 0.5 - 0.5 * Math.cos(angle))));
        registry.add(Signal.HammingWindow.class, (op, in) -> List.of(window(in, op.periodic(), op.dataType(),
                angle -> HAMMING - (1 - HAMMING) * Math.cos(angle))));
        registry.add(Signal.BlackmanWindow.class, (op, in) -> List.of(window(in, op.periodic(), op.dataType(),
                angle -> 0.42 - 0.5 * Math.cos(angle) + 0.08 * Math.cos(2 * angle))));
        registry.add(Signal.MelWeightMatrix.class, (op, in) -> List.of(melWeights(op, in)));
    }

    private static Tensor fourier(Signal.DFT op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        long given = in.hasInput(2) ? in.tensor(2).getLong(0) : op.axis();
        int axis = (int) (given < 0 ? given + x.rank() : given);
        if (axis < 0 || axis >= x.rank() - 1) {
            throw in.error("axis " + given + " is not an axis of the signal " + x.type());
        }
        int parts = (int) x.size(-1);
        int size = Math.toIntExact(x.size(axis));
        boolean back = op.inverse() && op.onesided();
        int length = in.hasInput(1) ? Math.toIntExact(in.tensor(1).getLong(0)) : back ? 2 * (size - 1) : size;
        int kept = op.onesided() && !op.inverse() ? length / 2 + 1 : length;
        int resultParts = back ? 1 : 2;
        long[] sizes = x.sizes();
        sizes[axis] = kept;
        sizes[sizes.length - 1] = resultParts;
        Tensor y = Tensor.zeros(x.dataType(), sizes);
        long inner = 1;
        for (int i = axis + 1; i < x.rank() - 1; i++) {
            inner *= x.size(i);
        }
        long lanes = kept == 0 ? 0 : y.elements() / kept / resultParts;
        for (long lane = 0; lane < lanes; lane++) {
            long outer = lane / inner;
            long offset = lane % inner;
            double[] real = new double[length];
            double[] imaginary = new double[length];
            for (int k = 0; k < length; k++) {
                boolean mirrored = back && k > length / 2;
                int source = mirrored ? length - k : k;
                if (source < size) {
                    long at = ((outer * size + source) * inner + offset) * parts;
                    real[k] = x.getDouble(at);
                    imaginary[k] = parts == 1 ? 0 : mirrored ? -x.getDouble(at + 1) : x.getDouble(at + 1);
                }
            }
            FourierTransform.transform(real, imaginary, op.inverse());
            double scale = op.inverse() ? 1.0 / length : 1;
            for (int k = 0; k < kept; k++) {
                long at = ((outer * kept + k) * inner + offset) * resultParts;
                y.setDouble(at, real[k] * scale);
                if (resultParts == 2) {
                    y.setDouble(at + 1, imaginary[k] * scale);
                }
            }
        }
        return y;
    }

    private static Tensor shortTime(Signal.STFT op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        int parts = (int) x.size(-1);
        int total = Math.toIntExact(x.size(1));
        int step = Math.toIntExact(in.tensor(1).getLong(0));
        int length = Math.toIntExact(in.hasInput(3) ? in.tensor(3).getLong(0) : in.hasInput(2) ? in.tensor(2).elements() : total);
        if (step < 1 || length < 1 || length > total || in.hasInput(2) && in.tensor(2).elements() != length) {
            throw in.error("frames of " + length + " at a distance of " + step + " do not fit the signal " + x.type()
                    + (in.hasInput(2) ? " and the window " + in.tensor(2).type() : ""));
        }
        int frames = (total - length) / step + 1;
        int bins = op.onesided() ? length / 2 + 1 : length;
        Tensor y = Tensor.zeros(x.dataType(), x.size(0), frames, bins, 2);
        for (long b = 0; b < x.size(0); b++) {
            for (int f = 0; f < frames; f++) {
                double[] real = new double[length];
                double[] imaginary = new double[length];
                for (int k = 0; k < length; k++) {
                    long at = (b * total + (long) f * step + k) * parts;
                    double weight = in.hasInput(2) ? in.tensor(2).getDouble(k) : 1;
                    real[k] = x.getDouble(at) * weight;
                    imaginary[k] = parts == 1 ? 0 : x.getDouble(at + 1) * weight;
                }
                FourierTransform.transform(real, imaginary, false);
                for (int k = 0; k < bins; k++) {
                    y.setDouble(((b * frames + f) * bins + k) * 2, real[k]);
                    y.setDouble(((b * frames + f) * bins + k) * 2 + 1, imaginary[k]);
                }
            }
        }
        return y;
    }

    private static Tensor window(EvaluationContext in, boolean periodic, DataType type, DoubleUnaryOperator function) {
        long size = in.tensor(0).getLong(0);
        if (size < 0) {
            throw in.error("a window cannot have " + size + " places");
        }
        Tensor y = Tensor.zeros(type, size);
        double period = periodic ? size : size - 1;
        for (long i = 0; i < size; i++) {
            y.setDouble(i, period == 0 ? 1 : function.applyAsDouble(2 * Math.PI * i / period));
        }
        return y;
    }

    private static Tensor melWeights(Signal.MelWeightMatrix op, EvaluationContext in) {
        int bands = Math.toIntExact(in.tensor(0).getLong(0));
        int length = Math.toIntExact(in.tensor(1).getLong(0));
        long rate = in.tensor(2).getLong(0);
        int bins = length / 2 + 1;
        double lowest = mel(in.tensor(3).getDouble(0));
        double width = (mel(in.tensor(4).getDouble(0)) - lowest) / (bands + 2);
        int[] edges = new int[bands + 2];
        for (int i = 0; i < edges.length; i++) {
            double hertz = 700 * (Math.pow(10, (i * width + lowest) / 2595) - 1);
            edges[i] = (int) Math.floor((length + 1) * hertz / rate);
            if (edges[i] < 0 || edges[i] >= bins) {
                throw in.error("the frequencies reach beyond the spectrum of " + bins + " places");
            }
        }
        Tensor y = Tensor.zeros(op.dataType(), bins, bands);
        for (int band = 0; band < bands; band++) {
            int lower = edges[band];
            int center = edges[band + 1];
            int upper = edges[band + 2];
            for (int j = lower; j <= center; j++) {
                y.setDouble((long) j * bands + band, center == lower ? 1 : (double) (j - lower) / (center - lower));
            }
            for (int j = center; j < upper; j++) {
                y.setDouble((long) j * bands + band, (double) (upper - j) / (upper - center));
            }
        }
        return y;
    }

    private static double mel(double hertz) {
        return 2595 * Math.log10(1 + hertz / 700);
    }
}
