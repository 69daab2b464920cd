package io.firesteel.reference;

import io.firesteel.op.Generators;
import io.firesteel.op.ShapeQueries;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Evaluators of {@link Generators} and {@link ShapeQueries}. */
public final class GeneratorEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(ShapeQueries.Shape.class, (op, in) -> {
            Tensor x = in.tensor(0);
            return List.of(Tensor.vector(Arrays.copyOfRange(x.sizes(), op.from(x.rank()), op.to(x.rank()))));
        });
        registry.add(ShapeQueries.Size.class, (op, in) -> List.of(Tensor.longs(new long[0], in.tensor(0).elements())));
        registry.add(Generators.ConstantOfShape.class, (op, in) -> List.of(repeated(op, in.tensor(0).toLongs())));
        registry.add(Generators.EyeLike.class, (op, in) -> List.of(eye(op, in.tensor(0))));
        registry.add(Generators.Range.class, (op, in) -> List.of(range(in.tensor(0), in.tensor(1), in.tensor(2))));
        registry.add(Generators.OneHot.class, GeneratorEvaluators::oneHot);
    }

    private static Tensor repeated(Generators.ConstantOfShape op, long[] sizes) {
        Tensor tensor = Tensor.zeros(op.dataType(), sizes);
        boolean real = op.dataType().isFloatingPoint();
        if (real ? op.real() != 0 || 1 / op.real() < 0 : op.integer() != 0) {
            for (long i = 0; i < tensor.elements(); i++) {
                if (real) {
                    tensor.setDouble(i, op.real());
                } else {
                    tensor.setLong(i, op.integer());
                }
            }
        }
        return tensor;
    }

    private static Tensor eye(Generators.EyeLike op, Tensor x) {
        Tensor tensor = Tensor.zeros(op.dataType(), x.sizes());
        for (long row = Math.max(0, -op.k()); row < x.size(0) && row + op.k() < x.size(1); row++) {
            long at = row * x.size(1) + row + op.k();
            if (op.dataType().isFloatingPoint()) {
                tensor.setDouble(at, 1);
            } else {
                tensor.setLong(at, 1);
            }
        }
        return tensor;
    }

    private static Tensor range(Tensor start, Tensor limit, Tensor delta) {
        Tensor tensor = Tensor.zeros(start.dataType(), Generators.Range.count(start, limit, delta));
        for (long i = 0; i < tensor.elements(); i++) {
            if (start.dataType().isFloatingPoint()) {
                tensor.setDouble(i, start.getDouble(0) + i * delta.getDouble(0));
            } else {
                tensor.setLong(i, start.getLong(0) + i * delta.getLong(0));
            }
        }
        return tensor;
    }

    private static List<HostValue> oneHot(Generators.OneHot op, EvaluationContext in) {
        Tensor indices = in.tensor(0);
        Tensor values = in.tensor(2);
        long depth = in.tensor(1).getLong(0);
        if (depth < 0 || values.elements() != 2) {
            throw in.error("needs a depth that is not negative, is " + depth + ", and two values, are " + values.elements());
        }
        int rank = indices.rank() + 1;
        int axis = (int) (op.axis() < 0 ? op.axis() + rank : op.axis());
        long[] sizes = new long[rank];
        long inner = 1;
        for (int i = 0; i < rank; i++) {
            sizes[i] = i < axis ? indices.size(i) : i == axis ? depth : indices.size(i - 1);
            inner *= i > axis ? sizes[i] : 1;
        }
        Tensor y = Tensor.zeros(values.dataType(), sizes);
        boolean real = values.dataType().isFloatingPoint();
        for (long i = 0; i < y.elements(); i++) {
            set(y, i, values, 0, real);
        }
        for (long i = 0; i < indices.elements(); i++) {
            long index = (long) Math.floor(indices.dataType() == DataType.INT64 ? indices.getLong(i) : indices.getDouble(i));
            index = index < 0 ? index + depth : index;
            if (index >= 0 && index < depth) {
                set(y, (i / inner * depth + index) * inner + i % inner, values, 1, real);
            }
        }
        return List.of(y);
    }

    private static void set(Tensor to, long at, Tensor from, long index, boolean real) {
        if (real) {
            to.setDouble(at, from.getDouble(index));
        } else {
            to.setLong(at, from.getLong(index));
        }
    }
}
