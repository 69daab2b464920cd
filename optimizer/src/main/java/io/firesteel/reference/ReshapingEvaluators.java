package io.firesteel.reference;

import io.firesteel.op.Reshaping;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Evaluators of {@link Reshaping}; the results share the data's memory. */
public final class ReshapingEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Reshaping.Reshape.class, (op, in) -> reshape(op, in.tensor(0)));
        registry.add(Reshaping.DynamicReshape.class, (op, in) ->
                reshape(new Reshaping.Reshape(Arrays.stream(in.tensor(1).toLongs()).boxed().toList(), op.allowZero()), in.tensor(0)));
        registry.add(Reshaping.Flatten.class, (op, in) -> {
            Tensor x = in.tensor(0);
            int split = op.split(x.rank());
            return List.of(x.reshaped(StridedCopy.product(x.sizes(), 0, split), StridedCopy.product(x.sizes(), split, x.rank())));
        });
        registry.add(Reshaping.Squeeze.class, (op, in) -> squeeze(in.tensor(0), op.axes()));
        registry.add(Reshaping.DynamicSqueeze.class, (op, in) -> {
            Tensor x = in.tensor(0);
            return squeeze(x, in.hasInput(1) ? Arrays.stream(in.tensor(1).toLongs()).boxed().toList()
                    : LongStream.range(0, x.rank()).filter(i -> x.size((int) i) == 1).boxed().toList());
        });
        registry.add(Reshaping.Unsqueeze.class, (op, in) -> unsqueeze(in.tensor(0), op.axes()));
        registry.add(Reshaping.DynamicUnsqueeze.class, (op, in) ->
                unsqueeze(in.tensor(0), Arrays.stream(in.tensor(1).toLongs()).boxed().toList()));
    }

    private static List<HostValue> reshape(Reshaping.Reshape op, Tensor x) {
        return List.of(x.reshaped(op.resolve(x.sizes())));
    }

    private static List<HostValue> squeeze(Tensor x, List<Long> axes) {
        Set<Integer> removed = axes.stream().map(a -> StridedCopy.axis(a, x.rank())).collect(Collectors.toSet());
        return List.of(x.reshaped(IntStream.range(0, x.rank()).filter(i -> !removed.contains(i)).mapToLong(x::size).toArray()));
    }

    private static List<HostValue> unsqueeze(Tensor x, List<Long> axes) {
        int rank = x.rank() + axes.size();
        Set<Integer> inserted = axes.stream().map(a -> StridedCopy.axis(a, rank)).collect(Collectors.toSet());
        long[] sizes = new long[rank];
        int next = 0;
        for (int i = 0; i < rank; i++) {
            sizes[i] = inserted.contains(i) ? 1 : x.size(next++);
        }
        return List.of(x.reshaped(sizes));
    }
}
