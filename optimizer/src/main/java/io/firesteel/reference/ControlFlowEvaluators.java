package io.firesteel.reference;

import io.firesteel.graph.Graph;
import io.firesteel.op.ControlFlow;
import io.firesteel.reference.StridedCopy.View;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Evaluators of {@link ControlFlow}. */
public final class ControlFlowEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(ControlFlow.If.class, (op, in) -> {
            boolean condition = in.tensor(0).getBoolean(0);
            List<Long> inputs = condition ? op.thenInputs() : op.elseInputs();
            return in.run(condition ? op.thenBranch() : op.elseBranch(),
                    inputs.stream().map(i -> in.value(i.intValue())).toList());
        });
        registry.add(ControlFlow.Loop.class, ControlFlowEvaluators::loop);
        registry.add(ControlFlow.Scan.class, ControlFlowEvaluators::scan);
        registry.add(ControlFlow.BatchedScan.class, ControlFlowEvaluators::batchedScan);
        registry.add(ControlFlow.SequenceMap.class, ControlFlowEvaluators::sequenceMap);
    }

    private static List<HostValue> values(EvaluationContext in, int from, int to) {
        return IntStream.range(from, to).mapToObj(in::value).toList();
    }

    private static List<List<Tensor>> lists(int count) {
        return IntStream.range(0, count).mapToObj(i -> (List<Tensor>) new ArrayList<Tensor>()).toList();
    }

    private static void requireRunning(EvaluationContext in) {
        if (Thread.currentThread().isInterrupted()) {
            throw in.error("was interrupted");
        }
    }

    private static List<HostValue> loop(ControlFlow.Loop op, EvaluationContext in) {
        int carried = (int) op.carried();
        long limit = in.hasInput(0) ? in.tensor(0).getLong(0) : Long.MAX_VALUE;
        boolean condition = !in.hasInput(1) || in.tensor(1).getBoolean(0);
        if (condition && !in.hasInput(0) && op.isEndless()) {
            throw in.error("the loop never ends: it has neither a number of rounds nor a condition that changes");
        }
        List<HostValue> state = values(in, 2, 2 + carried);
        List<HostValue> captures = values(in, 2 + carried, in.inputCount());
        List<List<Tensor>> stacks = lists(op.body().outputs().size() - 1 - carried);
        for (long round = 0; round < limit && condition; round++) {
            requireRunning(in);
            List<HostValue> inputs = new ArrayList<>();
            inputs.add(Tensor.longs(new long[0], round));
            inputs.add(Tensor.scalar(DataType.BOOL, 1));
            inputs.addAll(state);
            inputs.addAll(captures);
            List<HostValue> outputs = in.run(op.body(), inputs);
            condition = ((Tensor) outputs.get(0)).getBoolean(0);
            state = outputs.subList(1, 1 + carried);
            for (int i = 0; i < stacks.size(); i++) {
                stacks.get(i).add((Tensor) outputs.get(1 + carried + i));
            }
        }
        List<HostValue> results = new ArrayList<>(state);
        for (int i = 0; i < stacks.size(); i++) {
            results.add(stacked(stacks.get(i), 0, op.body(), 1 + carried + i));
        }
        return results;
    }

    /** The slices joined along a new dimension; without slices, an empty tensor of the type the body's output has. */
    private static Tensor stacked(List<Tensor> slices, long axis, Graph body, int output) {
        if (!slices.isEmpty()) {
            return SequenceAndOptionalEvaluators.stack(slices, axis);
        }
        TensorType type = body.tensor(body.outputs().get(output).value());
        Shape shape = type.hasRank() ? type.shape() : Shape.SCALAR;
        List<Long> sizes = new ArrayList<>(shape.dims().stream().map(d -> d.isConstant() ? d.size() : 0).toList());
        sizes.add(StridedCopy.axis(axis, sizes.size() + 1), 0L);
        return Tensor.zeros(type.dataType(), sizes.stream().mapToLong(Long::longValue).toArray());
    }

    private static Tensor slice(Tensor x, int axis, long index) {
        long[] sizes = IntStream.range(0, x.rank()).filter(i -> i != axis).mapToLong(x::size).toArray();
        long[] strides = StridedCopy.strides(x.sizes());
        Tensor y = Tensor.zeros(x.dataType(), sizes);
        StridedCopy.copy(sizes, new View(x, index * strides[axis],
                IntStream.range(0, x.rank()).filter(i -> i != axis).mapToLong(i -> strides[i]).toArray()), View.of(y));
        return y;
    }

    private static List<HostValue> scan(ControlFlow.Scan op, EvaluationContext in) {
        int states = (int) op.states();
        int scanned = op.inputAxes().size();
        int[] axes = new int[scanned];
        long length = -1;
        for (int i = 0; i < scanned; i++) {
            Tensor x = in.tensor(states + i);
            axes[i] = StridedCopy.axis(op.inputAxes().get(i), x.rank());
            if (length >= 0 && length != x.size(axes[i])) {
                throw new IllegalArgumentException("scanned inputs have lengths " + length + " and " + x.size(axes[i]));
            }
            length = x.size(axes[i]);
        }
        List<HostValue> state = values(in, 0, states);
        List<HostValue> captures = values(in, states + scanned, in.inputCount());
        List<List<Tensor>> stacks = lists(op.outputAxes().size());
        for (long t = 0; t < length; t++) {
            requireRunning(in);
            List<HostValue> inputs = new ArrayList<>(state);
            for (int i = 0; i < scanned; i++) {
                inputs.add(slice(in.tensor(states + i), axes[i], op.inputDirections().get(i) == 0 ? t : length - 1 - t));
            }
            inputs.addAll(captures);
            List<HostValue> outputs = in.run(op.body(), inputs);
            state = outputs.subList(0, states);
            for (int i = 0; i < stacks.size(); i++) {
                stacks.get(i).add((Tensor) outputs.get(states + i));
            }
        }
        List<HostValue> results = new ArrayList<>(state);
        for (int i = 0; i < stacks.size(); i++) {
            if (op.outputDirections().get(i) != 0) {
                Collections.reverse(stacks.get(i));
            }
            results.add(stacked(stacks.get(i), op.outputAxes().get(i), op.body(), states + i));
        }
        return results;
    }

    private static List<HostValue> batchedScan(ControlFlow.BatchedScan op, EvaluationContext in) {
        int states = (int) op.states();
        int scanned = op.directions().size();
        long batch = in.tensor(1 + states).size(0);
        long longest = in.tensor(1 + states).size(1);
        int outputs = op.body().outputs().size();
        List<HostValue> captures = values(in, 1 + states + scanned, in.inputCount());
        List<List<Tensor>> results = lists(outputs);
        for (long b = 0; b < batch; b++) {
            long length = in.hasInput(0) ? in.tensor(0).getLong(b) : longest;
            if (length < 0 || length > longest) {
                throw new IllegalArgumentException("sequence length " + length + " is outside 0 to " + longest);
            }
            List<HostValue> state = new ArrayList<>();
            for (int i = 0; i < states; i++) {
                state.add(slice(in.tensor(1 + i), 0, b));
            }
            List<List<Tensor>> stacks = lists(outputs - states);
            for (long t = 0; t < length; t++) {
                requireRunning(in);
                List<HostValue> inputs = new ArrayList<>(state);
                for (int i = 0; i < scanned; i++) {
                    inputs.add(slice(slice(in.tensor(1 + states + i), 0, b), 0, op.directions().get(i) == 0 ? t : length - 1 - t));
                }
                inputs.addAll(captures);
                List<HostValue> made = in.run(op.body(), inputs);
                state = made.subList(0, states);
                for (int i = 0; i < stacks.size(); i++) {
                    stacks.get(i).add((Tensor) made.get(states + i));
                }
            }
            for (int i = 0; i < outputs; i++) {
                results.get(i).add(i < states ? (Tensor) state.get(i)
                        : filledUp(stacked(stacks.get(i - states), 0, op.body(), i), longest));
            }
        }
        return IntStream.range(0, outputs).mapToObj(i -> (HostValue) SequenceAndOptionalEvaluators.stack(results.get(i), 0)).toList();
    }

    private static Tensor filledUp(Tensor x, long length) {
        long[] sizes = x.sizes();
        sizes[0] = length;
        Tensor y = Tensor.zeros(x.dataType(), sizes);
        y.copy(0, x, 0, x.elements());
        return y;
    }

    private static List<HostValue> sequenceMap(ControlFlow.SequenceMap op, EvaluationContext in) {
        int length = sequence(in.value(0), in).elements().size();
        List<List<HostValue>> results = IntStream.range(0, op.body().outputs().size())
                .mapToObj(i -> (List<HostValue>) new ArrayList<HostValue>()).toList();
        for (int e = 0; e < length; e++) {
            List<HostValue> inputs = new ArrayList<>();
            for (int i = 0; i < in.inputCount(); i++) {
                boolean isSequence = i <= op.further() && in.value(i) instanceof HostValue.Sequence;
                inputs.add(isSequence ? sequence(in.value(i), in).elements().get(e) : in.value(i));
            }
            List<HostValue> outputs = in.run(op.body(), inputs);
            for (int i = 0; i < results.size(); i++) {
                results.get(i).add(outputs.get(i));
            }
        }
        return results.stream().map(r -> (HostValue) new HostValue.Sequence(r)).toList();
    }

    private static HostValue.Sequence sequence(HostValue value, EvaluationContext in) {
        if (value instanceof HostValue.Sequence sequence) {
            return sequence;
        }
        throw in.error("input 0 must be a sequence");
    }
}
