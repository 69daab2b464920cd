package io.firesteel.reference;

import io.firesteel.op.Sequences;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Evaluators of {@link Sequences}. */
public final class SequenceAndOptionalEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Sequences.SequenceConstruct.class, (op, in) ->
                List.of(new HostValue.Sequence(IntStream.range(0, in.inputCount()).mapToObj(in::value).toList())));
        registry.add(Sequences.SequenceEmpty.class, (op, in) -> List.of(new HostValue.Sequence(List.of())));
        registry.add(Sequences.SequenceInsert.class, (op, in) -> {
            List<HostValue> elements = new ArrayList<>(elements(in));
            elements.add(in.hasInput(2) ? position(in.tensor(2), elements.size() + 1, elements.size()) : elements.size(), in.value(1));
            return List.of(new HostValue.Sequence(elements));
        });
        registry.add(Sequences.SequenceErase.class, (op, in) -> {
            List<HostValue> elements = new ArrayList<>(elements(in));
            elements.remove(in.hasInput(1) ? position(in.tensor(1), elements.size(), elements.size()) : elements.size() - 1);
            return List.of(new HostValue.Sequence(elements));
        });
        registry.add(Sequences.SequenceAt.class, (op, in) -> {
            List<HostValue> elements = elements(in);
            return List.of(elements.get(position(in.tensor(1), elements.size(), elements.size())));
        });
        registry.add(Sequences.SequenceLength.class, (op, in) -> List.of(Tensor.scalar(DataType.INT64, elements(in).size())));
        registry.add(Sequences.SplitToSequence.class, SequenceAndOptionalEvaluators::split);
        registry.add(Sequences.ConcatFromSequence.class, SequenceAndOptionalEvaluators::concat);
        registry.add(Sequences.OptionalOf.class, (op, in) -> List.of(new HostValue.Maybe(Optional.of(in.value(0)))));
        registry.add(Sequences.OptionalEmpty.class, (op, in) -> List.of(new HostValue.Maybe(Optional.empty())));
        registry.add(Sequences.OptionalGetElement.class, (op, in) -> List.of(in.value(0) instanceof HostValue.Maybe maybe
                ? maybe.value().orElseThrow(() -> in.error("the optional holds nothing")) : in.value(0)));
        registry.add(Sequences.OptionalHasElement.class, (op, in) -> List.of(Tensor.scalar(DataType.BOOL,
                in.value(0) instanceof HostValue.Maybe maybe && maybe.value().isEmpty() ? 0 : 1)));
    }

    private static List<HostValue> elements(EvaluationContext in) {
        if (in.value(0) instanceof HostValue.Sequence sequence) {
            return sequence.elements();
        }
        throw in.error("input 0 must be a sequence");
    }

    private static int position(Tensor index, int limit, int length) {
        long position = index.getLong(0);
        return (int) StridedCopy.position(position < 0 ? position + length : position, limit);
    }

    private static List<HostValue> split(Sequences.SplitToSequence op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        int axis = StridedCopy.axis(op.axis(), x.rank());
        List<Long> sizes = in.hasInput(1) && in.tensor(1).rank() > 0 ? MovementEvaluators.longs(in.tensor(1))
                : equalParts(x.size(axis), in.hasInput(1) ? in.tensor(1).getLong(0) : 1);
        List<HostValue> parts = MovementEvaluators.split(x, axis, sizes);
        if (!in.hasInput(1) && !op.keepDims()) {
            long[] element = IntStream.range(0, x.rank()).filter(i -> i != axis).mapToLong(x::size).toArray();
            parts = parts.stream().map(p -> (HostValue) ((Tensor) p).reshaped(element)).toList();
        }
        return List.of(new HostValue.Sequence(parts));
    }

    private static List<Long> equalParts(long whole, long part) {
        if (part < 1) {
            throw new IllegalArgumentException("parts of size " + part);
        }
        return LongStream.iterate(0, at -> at < whole, at -> at + part).map(at -> Math.min(part, whole - at)).boxed().toList();
    }

    private static List<HostValue> concat(Sequences.ConcatFromSequence op, EvaluationContext in) {
        List<Tensor> parts = elements(in).stream().map(e -> (Tensor) e).toList();
        if (parts.isEmpty()) {
            throw in.error("an empty sequence cannot be joined");
        }
        return List.of(op.newAxis() ? stack(parts, op.axis()) : MovementEvaluators.concat(op.axis(), parts));
    }

    /** Joins at least one tensor along a new dimension. */
    static Tensor stack(List<Tensor> parts, long axis) {
        int along = StridedCopy.axis(axis, parts.get(0).rank() + 1);
        return MovementEvaluators.concat(along, parts.stream().map(p -> {
            long[] sizes = Arrays.copyOf(p.sizes(), p.rank() + 1);
            System.arraycopy(sizes, along, sizes, along + 1, p.rank() - along);
            sizes[along] = 1;
            return p.reshaped(sizes);
        }).toList());
    }
}
