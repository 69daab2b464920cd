package io.firesteel.reference;

import io.firesteel.op.Filtering;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.List;
import java.util.stream.LongStream;

/** Evaluators of {@link Filtering}. */
public final class FilteringEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Filtering.NonZero.class, (op, in) -> List.of(nonZero(in.tensor(0))));
        registry.add(Filtering.Compress.class, FilteringEvaluators::compress);
        registry.add(Filtering.Trilu.class, FilteringEvaluators::triangle);
    }

    private static Tensor nonZero(Tensor x) {
        long count = 0;
        for (long i = 0; i < x.elements(); i++) {
            count += x.getBoolean(i) ? 1 : 0;
        }
        int rank = x.rank();
        Tensor y = Tensor.zeros(DataType.INT64, rank, count);
        long column = 0;
        for (long i = 0; i < x.elements(); i++) {
            if (x.getBoolean(i)) {
                long rest = i;
                for (int axis = rank - 1; axis >= 0; axis--) {
                    y.setLong(axis * count + column, rest % x.size(axis));
                    rest /= x.size(axis);
                }
                column++;
            }
        }
        return y;
    }

    private static List<HostValue> compress(Filtering.Compress op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        Tensor condition = in.tensor(1);
        long axis = op.axis().map(a -> a < 0 ? a + x.rank() : a).orElse(-1L);
        long size = axis < 0 ? x.elements() : x.size((int) axis);
        long[] kept = LongStream.range(0, Math.min(size, condition.elements())).filter(condition::getBoolean).toArray();
        return List.of(slices(x, (int) axis, kept));
    }

    /** The slices of a tensor along an axis; with axis -1, elements as a vector. */
    static Tensor slices(Tensor x, int axis, long[] which) {
        long[] sizes = axis < 0 ? new long[1] : x.sizes();
        long size = axis < 0 ? x.elements() : x.size(axis);
        sizes[Math.max(axis, 0)] = which.length;
        Tensor y = Tensor.zeros(x.dataType(), sizes);
        long inner = 1;
        for (int i = axis + 1; axis >= 0 && i < x.rank(); i++) {
            inner *= x.size(i);
        }
        boolean real = x.dataType().isFloatingPoint();
        for (long i = 0; i < y.elements(); i++) {
            long slice = i / inner;
            long from = (slice / which.length * size + which[(int) (slice % which.length)]) * inner + i % inner;
            if (real) {
                y.setDouble(i, x.getDouble(from));
            } else {
                y.setLong(i, x.getLong(from));
            }
        }
        return y;
    }

    private static List<HostValue> triangle(Filtering.Trilu op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        long diagonal = in.hasInput(1) ? in.tensor(1).getLong(0) : 0;
        long rows = x.size(-2);
        long columns = x.size(-1);
        Tensor y = Tensor.zeros(x.dataType(), x.sizes());
        boolean real = x.dataType().isFloatingPoint();
        for (long row = 0; row < (columns == 0 ? 0 : x.elements() / columns); row++) {
            long border = row % rows + diagonal;
            long from = op.upper() ? Math.max(0, border) : 0;
            long to = op.upper() ? columns : Math.min(columns, border + 1);
            for (long i = row * columns + from; i < row * columns + to; i++) {
                if (real) {
                    y.setDouble(i, x.getDouble(i));
                } else {
                    y.setLong(i, x.getLong(i));
                }
            }
        }
        return List.of(y);
    }
}
