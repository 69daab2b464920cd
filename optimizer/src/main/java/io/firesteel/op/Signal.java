package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Operators of signal processing. Complex numbers are an innermost axis of two: the real and the imaginary part. */
public final class Signal {

    private Signal() { }

    /**
     * The discrete Fourier transform along one axis.
     *
     * <p>Inputs: 0 data [..., 1] (real) or [..., 2] (complex); 1 the transform's length, an integer scalar, or absent for the data's
     * (for an inverse one-sided transform: 2 * (data's - 1)); the data is cut or filled with zeros to it; 2 the axis, an integer
     * scalar, or absent. Result: complex; of a one-sided transform only the first length / 2 + 1 places; of an inverse one-sided
     * transform the real signal [..., 1].
     *
     * @param axis the axis where input 2 is absent; negative counts from the end, the last axis counted
     * @param inverse whether to transform back, dividing by the length
     * @param onesided whether the half that symmetry implies is left out
     */
    public record DFT(long axis, boolean inverse, boolean onesided) implements Contraction {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (!data.hasRank()) {
                return List.of(data);
            }
            int rank = data.shape().rank();
            List<Dim> dims = new ArrayList<>(data.shape().dims());
            dims.set(rank - 1, Dim.of(inverse && onesided ? 1 : 2));
            Optional<Dim> given = context.hasInput(2) ? scalar(context, 2) : Optional.of(Dim.of(axis));
            if (given.isEmpty() || !given.get().isConstant()) {
                for (int i = 0; i < rank - 1; i++) {
                    dims.set(i, context.unknownDim("dim" + i));
                }
                return List.of(data.withShape(new Shape(dims)));
            }
            int along = context.axis(given.get().size(), rank);
            if (along == rank - 1) {
                throw context.error("the last axis holds real and imaginary parts and cannot be transformed");
            }
            Dim size = dims.get(along);
            Dim length = context.hasInput(1) ? scalar(context, 1).orElseGet(() -> context.unknownDim("length"))
                    : inverse && onesided ? size.minus(Dim.of(1)).flatMap(d -> d.times(Dim.of(2)))
                            .orElseGet(() -> context.unknownDim("length")) : size;
            dims.set(along, onesided && !inverse ? half(length, context) : length);
            return List.of(data.withShape(new Shape(dims)));
        }
    }

    /**
     * The Fourier transforms of frames of a signal. Inputs: 0 signal [batch, length, 1 or 2]; 1 the distance of frames, an integer
     * scalar; 2 a window that frames are multiplied with [frame length], or absent; 3 the frame length, an integer scalar, or absent
     * where the window gives it. Result: [batch, frames, frame length or its first half + 1, 2].
     *
     * @param onesided whether the half that symmetry implies is left out
     */
    public record STFT(boolean onesided) implements Contraction {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType signal = context.tensor(0);
            if (!signal.hasRank() || signal.shape().rank() != 3) {
                throw context.error("the signal must be [batch, length, 1 or 2], is " + signal);
            }
            Dim total = signal.shape().dim(1);
            Optional<Dim> length = context.hasInput(3) ? scalar(context, 3)
                    : !context.hasInput(2) ? Optional.of(total)
                    : Optional.ofNullable(context.shape(2)).filter(s -> s.rank() == 1).map(s -> s.dim(0));
            Optional<Dim> step = scalar(context, 1);
            Dim frames = context.unknownDim("frames");
            if (length.isPresent() && length.get().isConstant() && step.isPresent() && step.get().isConstant()
                    && total.isConstant() && step.get().size() > 0 && total.size() >= length.get().size()) {
                frames = Dim.of((total.size() - length.get().size()) / step.get().size() + 1);
            }
            Dim bins = length.orElseGet(() -> context.unknownDim("bins"));
            return List.of(signal.withShape(Shape.of(signal.shape().dim(0), frames, onesided ? half(bins, context) : bins, Dim.of(2))));
        }
    }

    /** A window function of input 0 places, an integer scalar. */
    private interface WindowFunction extends Operator {

        DataType dataType();

        @Override
        default List<ValueType> inferTypes(InferenceContext context) {
            return List.of(new TensorType(dataType(), Shape.of(scalar(context, 0).orElseGet(() -> context.unknownDim("size")))));
        }
    }

    /**
     * The Hann window.
     *
     * @param periodic whether the window is one period of a longer one, else symmetric
     * @param dataType element type of the result
     */
    public record HannWindow(boolean periodic, DataType dataType) implements WindowFunction { }

    /**
     * The Hamming window.
     *
     * @param periodic whether the window is one period of a longer one, else symmetric
     * @param dataType element type of the result
     */
    public record HammingWindow(boolean periodic, DataType dataType) implements WindowFunction { }

    /**
     * The Blackman window.
     *
     * @param periodic whether the window is one period of a longer one, else symmetric
     * @param dataType element type of the result
     */
    public record BlackmanWindow(boolean periodic, DataType dataType) implements WindowFunction { }

    /**
     * The matrix [transform length / 2 + 1, bands] that turns a spectrum into triangular bands of equal width on the mel scale.
     * Inputs, all scalars: 0 number of bands; 1 transform length; 2 samples in a second; 3 lowest and 4 highest frequency in hertz.
     *
     * @param dataType element type of the result
     */
    public record MelWeightMatrix(DataType dataType) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            Dim bands = scalar(context, 0).orElseGet(() -> context.unknownDim("bands"));
            Dim length = scalar(context, 1).orElseGet(() -> context.unknownDim("length"));
            return List.of(new TensorType(dataType, Shape.of(half(length, context), bands)));
        }
    }

    private static Dim half(Dim length, InferenceContext context) {
        return length.isConstant() ? Dim.of(length.size() / 2 + 1) : context.unknownDim("half");
    }

    private static Optional<Dim> scalar(InferenceContext context, int input) {
        return context.shapeValue(input).filter(v -> v.size() == 1).map(v -> v.get(0));
    }
}
