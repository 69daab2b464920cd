package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Reduces the data (input 0) over some of its axes; the element type stays. The axes are an attribute or, where input 1 is
 * given, its elements, an int64 vector. Reduced axes stay with size 1, or go.
 */
public interface Reduction extends Operator {

    /** The axes; negative ones count from the end. Empty means all, or none with {@link #noopWithEmptyAxes()}. */
    List<Long> axes();

    /** Whether reduced axes stay with size 1. */
    boolean keepDims();

    /** Whether without axes every element is reduced alone. */
    boolean noopWithEmptyAxes();

    @Override
    default List<ValueType> inferTypes(InferenceContext context) {
        TensorType data = context.tensor(0);
        if (!data.hasRank() || isNoop(context)) {
            return List.of(data);
        }
        Optional<List<Integer>> reduced = reducedAxes(context);
        if (reduced.isEmpty()) {
            int rank = data.shape().rank();
            int count = Dims.length(context, 1);
            return List.of(keepDims() ? data.withShape(Dims.unknown(rank, context))
                    : count > 0 && count <= rank ? data.withShape(Dims.unknown(rank - count, context))
                    : TensorType.ofUnknownRank(data.dataType()));
        }
        List<Dim> dims = new ArrayList<>();
        for (int axis = 0; axis < data.shape().rank(); axis++) {
            if (!reduced.get().contains(axis)) {
                dims.add(data.shape().dim(axis));
            } else if (keepDims()) {
                dims.add(Dim.of(1));
            }
        }
        return List.of(data.withShape(new Shape(dims)));
    }

    /** Whether it is known that every element is reduced alone. */
    default boolean isNoop(InferenceContext context) {
        return noopWithEmptyAxes() && (context.hasInput(1)
                ? Dims.constants(context, 1).map(List::isEmpty).orElse(Dims.length(context, 1) == 0) : axes().isEmpty());
    }

    /** The reduced axes, ascending, or empty where they are not known. */
    default Optional<List<Integer>> reducedAxes(InferenceContext context) {
        int rank = context.shape(0).rank();
        Optional<List<Long>> given = context.hasInput(1) ? Dims.constants(context, 1) : Optional.of(axes());
        return given.map(axes -> {
            List<Integer> known = Dims.axes(axes, rank, context);
            return known.isEmpty() && !noopWithEmptyAxes() ? IntStream.range(0, rank).boxed().toList() : known;
        });
    }
}
