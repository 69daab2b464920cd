package io.firesteel.pass.pattern;

import io.firesteel.graph.Node;
import io.firesteel.op.Reductions;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** Means over trailing axes, which stay with size 1. */
final class Means {

    private Means() { }

    /** The first of the axes a node takes the mean over, where they are the trailing ones. */
    static Optional<Integer> firstAxis(Node node, TensorType data) {
        if (!(node.operator() instanceof Reductions.ReduceMean mean) || !mean.keepDims() || node.inputs().size() != 1
                || mean.axes().isEmpty()) {
            return Optional.empty();
        }
        int rank = data.shape().rank();
        List<Long> axes = mean.axes().stream().map(a -> a < 0 ? a + rank : a).sorted().toList();
        int first = axes.get(0).intValue();
        for (int i = 0; i < axes.size(); i++) {
            if (axes.get(i) != first + i) {
                return Optional.empty();
            }
        }
        return first + axes.size() == rank ? Optional.of(first) : Optional.empty();
    }

    /** The sizes of the axes from {@code first} on, where they are known and not too large. */
    static Optional<long[]> sizes(TensorType data, int first, long limit) {
        List<Dim> dims = data.shape().dims().subList(first, data.shape().rank());
        if (!dims.stream().allMatch(d -> d.isConstant() && d.size() > 0 && d.size() <= limit)) {
            return Optional.empty();
        }
        long[] sizes = dims.stream().mapToLong(Dim::size).toArray();
        long elements = 1;
        for (long size : sizes) {
            elements = Math.min(elements, limit) * size;
        }
        return elements <= limit ? Optional.of(sizes) : Optional.empty();
    }
}
