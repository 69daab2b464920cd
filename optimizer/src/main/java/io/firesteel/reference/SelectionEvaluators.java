package io.firesteel.reference;

import io.firesteel.op.Selection;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.List;

/** Evaluators of {@link Selection}. */
public final class SelectionEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Selection.Where.class, (op, in) -> where(in.tensor(0), in.tensor(1), in.tensor(2)));
        registry.add(Selection.Clip.class, (op, in) -> clip(in));
    }

    private static List<HostValue> where(Tensor condition, Tensor a, Tensor b) {
        long[] sizes = Broadcast.sizes(condition.sizes(), Broadcast.sizes(a.sizes(), b.sizes()));
        Tensor y = Tensor.zeros(a.dataType(), sizes);
        BroadcastRuns runs = new BroadcastRuns(sizes, condition.sizes(), a.sizes(), b.sizes());
        boolean real = a.dataType().isFloatingPoint();
        runs.forEach((at, starts) -> {
            for (long k = 0; k < runs.length(); k++) {
                boolean first = condition.getBoolean(starts[0] + k * runs.step(0));
                Tensor from = first ? a : b;
                long index = first ? starts[1] + k * runs.step(1) : starts[2] + k * runs.step(2);
                if (real) {
                    y.setDouble(at + k, from.getDouble(index));
                } else {
                    y.setLong(at + k, from.getLong(index));
                }
            }
        });
        return List.of(y);
    }

    private static List<HostValue> clip(EvaluationContext in) {
        Tensor x = in.tensor(0);
        Tensor y = Tensor.zeros(x.dataType(), x.sizes());
        Tensor lower = bound(in, 1);
        Tensor upper = bound(in, 2);
        if (x.dataType().isFloatingPoint()) {
            double least = lower == null ? Double.NEGATIVE_INFINITY : lower.getDouble(0);
            double most = upper == null ? Double.POSITIVE_INFINITY : upper.getDouble(0);
            for (long i = 0; i < x.elements(); i++) {
                y.setDouble(i, Math.min(Math.max(x.getDouble(i), least), most));
            }
            return List.of(y);
        }
        long flip = x.dataType() == DataType.UINT64 ? Long.MIN_VALUE : 0;
        long least = lower == null ? Long.MIN_VALUE : lower.getLong(0) ^ flip;
        long most = upper == null ? Long.MAX_VALUE : upper.getLong(0) ^ flip;
        for (long i = 0; i < x.elements(); i++) {
            y.setLong(i, Math.min(Math.max(x.getLong(i) ^ flip, least), most) ^ flip);
        }
        return List.of(y);
    }

    private static Tensor bound(EvaluationContext in, int index) {
        if (!in.hasInput(index)) {
            return null;
        }
        if (in.tensor(index).elements() != 1) {
            throw in.error("the bounds must be scalars, input " + index + " is " + in.tensor(index).type());
        }
        return in.tensor(index);
    }
}
