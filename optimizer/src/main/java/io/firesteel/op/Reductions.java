package io.firesteel.op;

import io.firesteel.tensor.Dim;
import java.util.List;
import java.util.Optional;

/** Reductions over axes, with their ONNX names; integers are reduced exactly, wrapping around. */
public final class Reductions {

    private Reductions() { }

    private static Optional<List<Dim>> fold(Reduction operator, InferenceContext context, ShapeArithmetic.Function function) {
        Optional<List<Dim>> elements = ShapeArithmetic.elements(context, 0);
        if (elements.isEmpty() || elements.get().isEmpty() || context.shape(0).rank() != 1 || operator.isNoop(context)
                || operator.reducedAxes(context).isEmpty()) {
            return Optional.empty();
        }
        Optional<Dim> result = Optional.of(elements.get().get(0));
        for (Dim dim : elements.get().subList(1, elements.get().size())) {
            result = result.flatMap(r -> function.apply(r, dim));
        }
        return result.map(List::of);
    }

    /** The sum; 0 of nothing. */
    public record ReduceSum(List<Long> axes, boolean keepDims, boolean noopWithEmptyAxes) implements Reduction {
        public ReduceSum {
            axes = List.copyOf(axes);
        }

        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return fold(this, context, Dim::plus);
        }
    }

    /** The mean; of nothing, not a number. */
    public record ReduceMean(List<Long> axes, boolean keepDims, boolean noopWithEmptyAxes) implements Reduction {
        public ReduceMean {
            axes = List.copyOf(axes);
        }
    }

    /** The largest element; of nothing, the smallest value of the type. */
    public record ReduceMax(List<Long> axes, boolean keepDims, boolean noopWithEmptyAxes) implements Reduction {
        public ReduceMax {
            axes = List.copyOf(axes);
        }

        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return fold(this, context, (a, b) -> ShapeArithmetic.less(a, b).map(less -> less ? b : a));
        }
    }

    /** The smallest element; of nothing, the largest value of the type. */
    public record ReduceMin(List<Long> axes, boolean keepDims, boolean noopWithEmptyAxes) implements Reduction {
        public ReduceMin {
            axes = List.copyOf(axes);
        }

        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return fold(this, context, (a, b) -> ShapeArithmetic.less(a, b).map(less -> less ? a : b));
        }
    }

    /** The product; 1 of nothing. */
    public record ReduceProd(List<Long> axes, boolean keepDims, boolean noopWithEmptyAxes) implements Reduction {
        public ReduceProd {
            axes = List.copyOf(axes);
        }

        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return fold(this, context, Dim::times);
        }
    }

    /** The sum of absolute values. */
    public record ReduceL1(List<Long> axes, boolean keepDims, boolean noopWithEmptyAxes) implements Reduction {
        public ReduceL1 {
            axes = List.copyOf(axes);
        }
    }

    /** The root of the sum of squares. */
    public record ReduceL2(List<Long> axes, boolean keepDims, boolean noopWithEmptyAxes) implements Reduction {
        public ReduceL2 {
            axes = List.copyOf(axes);
        }
    }

    /** The sum of squares. */
    public record ReduceSumSquare(List<Long> axes, boolean keepDims, boolean noopWithEmptyAxes) implements Reduction {
        public ReduceSumSquare {
            axes = List.copyOf(axes);
        }
    }

    /** The logarithm of the sum. */
    public record ReduceLogSum(List<Long> axes, boolean keepDims, boolean noopWithEmptyAxes) implements Reduction {
        public ReduceLogSum {
            axes = List.copyOf(axes);
        }
    }

    /** The logarithm of the sum of exponentials, without overflow on the way. */
    public record ReduceLogSumExp(List<Long> axes, boolean keepDims, boolean noopWithEmptyAxes) implements Reduction {
        public ReduceLogSumExp {
            axes = List.copyOf(axes);
        }
    }
}
