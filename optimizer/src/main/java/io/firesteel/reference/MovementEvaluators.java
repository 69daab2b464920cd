package io.firesteel.reference;

import io.firesteel.op.Movement;
import io.firesteel.reference.StridedCopy.View;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Evaluators of {@link Movement}. */
public final class MovementEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Movement.Transpose.class, (op, in) ->
                List.of(transpose(in.tensor(0), op.perm().stream().mapToInt(Long::intValue).toArray())));
        registry.add(Movement.ReverseAxes.class, (op, in) -> {
            int rank = in.tensor(0).rank();
            return List.of(transpose(in.tensor(0), IntStream.range(0, rank).map(i -> rank - 1 - i).toArray()));
        });
        registry.add(Movement.Concat.class, (op, in) ->
                List.of(concat(op.axis(), IntStream.range(0, in.inputCount()).mapToObj(in::tensor).toList())));
        registry.add(Movement.Split.class, (op, in) -> split(in.tensor(0), op.axis(), op.sizes()));
        registry.add(Movement.EvenSplit.class, (op, in) -> {
            Tensor x = in.tensor(0);
            return split(x, op.axis(), op.sizes(x.size(StridedCopy.axis(op.axis(), x.rank()))));
        });
        registry.add(Movement.DynamicSplit.class, (op, in) -> split(in.tensor(0), op.axis(), longs(in.tensor(1))));
        registry.add(Movement.Expand.class, (op, in) -> List.of(expand(in.tensor(0), op.shape())));
        registry.add(Movement.DynamicExpand.class, (op, in) -> List.of(expand(in.tensor(0), longs(in.tensor(1)))));
        registry.add(Movement.Tile.class, (op, in) -> List.of(tile(in.tensor(0), op.repeats())));
        registry.add(Movement.DynamicTile.class, (op, in) -> List.of(tile(in.tensor(0), longs(in.tensor(1)))));
    }

    static List<Long> longs(Tensor tensor) {
        return Arrays.stream(tensor.toLongs()).boxed().toList();
    }

    static Tensor transpose(Tensor x, int... perm) {
        long[] strides = StridedCopy.strides(x.sizes());
        Tensor y = Tensor.zeros(x.dataType(), Arrays.stream(perm).mapToLong(x::size).toArray());
        StridedCopy.copy(y.sizes(), new View(x, 0, Arrays.stream(perm).mapToLong(p -> strides[p]).toArray()), View.of(y));
        return y;
    }

    static Tensor concat(long axis, List<Tensor> parts) {
        int along = StridedCopy.axis(axis, parts.get(0).rank());
        long[] sizes = parts.get(0).sizes();
        sizes[along] = 0;
        for (Tensor part : parts) {
            long[] other = part.sizes();
            sizes[along] += other[along];
            other[along] = sizes[along];
            if (!Arrays.equals(other, sizes)) {
                throw new IllegalArgumentException("inputs " + parts.get(0) + " and " + part + " do not fit together");
            }
        }
        Tensor y = Tensor.zeros(parts.get(0).dataType(), sizes);
        long[] strides = StridedCopy.strides(sizes);
        long offset = 0;
        for (Tensor part : parts) {
            StridedCopy.copy(part.sizes(), View.of(part), new View(y, offset, strides));
            offset += part.size(along) * strides[along];
        }
        return y;
    }

    static List<HostValue> split(Tensor x, long axis, List<Long> partSizes) {
        int along = StridedCopy.axis(axis, x.rank());
        if (partSizes.stream().mapToLong(Long::longValue).sum() != x.size(along)) {
            throw new IllegalArgumentException("sizes " + partSizes + " do not add up to " + x.size(along));
        }
        long[] strides = StridedCopy.strides(x.sizes());
        List<HostValue> parts = new ArrayList<>();
        long offset = 0;
        for (long size : partSizes) {
            long[] sizes = x.sizes();
            sizes[along] = size;
            Tensor part = Tensor.zeros(x.dataType(), sizes);
            StridedCopy.copy(sizes, new View(x, offset, strides), View.of(part));
            parts.add(part);
            offset += size * strides[along];
        }
        return parts;
    }

    static Tensor expand(Tensor x, List<Long> shape) {
        return expandTo(x, Broadcast.sizes(x.sizes(), shape.stream().mapToLong(Long::longValue).toArray()));
    }

    static Tensor expandTo(Tensor x, long[] sizes) {
        long[] dense = StridedCopy.strides(x.sizes());
        long[] strides = new long[sizes.length];
        for (int i = 1; i <= x.rank(); i++) {
            strides[sizes.length - i] = x.size(-i) == 1 ? 0 : dense[x.rank() - i];
        }
        Tensor y = Tensor.zeros(x.dataType(), sizes);
        StridedCopy.copy(sizes, new View(x, 0, strides), View.of(y));
        return y;
    }

    private static Tensor tile(Tensor x, List<Long> repeats) {
        if (repeats.size() != x.rank()) {
            throw new IllegalArgumentException(repeats.size() + " repeats for " + x);
        }
        long[] dense = StridedCopy.strides(x.sizes());
        long[] result = new long[x.rank()];
        long[] sizes = new long[2 * x.rank()];
        long[] strides = new long[2 * x.rank()];
        for (int i = 0; i < x.rank(); i++) {
            result[i] = x.size(i) * repeats.get(i);
            sizes[2 * i] = repeats.get(i);
            sizes[2 * i + 1] = x.size(i);
            strides[2 * i + 1] = dense[i];
        }
        Tensor y = Tensor.zeros(x.dataType(), result);
        StridedCopy.copy(sizes, new View(x, 0, strides), View.of(y.reshaped(sizes)));
        return y;
    }
}
