package io.firesteel.reference;

import io.firesteel.op.Fused;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.List;

/** Evaluator of {@link Fused.MultiHeadAttention}. */
public final class MultiHeadAttentionEvaluator implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Fused.MultiHeadAttention.class, MultiHeadAttentionEvaluator::evaluate);
    }

    /** The last axis of an operand: where it starts and how far apart rows are. */
    private record Rows(Tensor tensor, int offset, int width, int count) {

        float at(float[] values, long batch, int row, int column) {
            return values[Math.toIntExact((batch * count + row) * width + offset + column)];
        }
    }

    private static List<HostValue> evaluate(Fused.MultiHeadAttention operator, EvaluationContext in) {
        Tensor query = in.tensor(0);
        int heads = (int) operator.heads();
        int width = (int) query.size(2);
        int columns = operator.packed() ? width / 3 : width;
        Rows q = new Rows(query, 0, width, (int) query.size(1));
        Rows k = operator.packed() ? new Rows(query, columns, width, (int) query.size(1)) : rows(in.tensor(1));
        Rows v = operator.packed() ? new Rows(query, 2 * columns, width, (int) query.size(1)) : rows(in.tensor(2));
        int depth = columns / heads;
        int valueColumns = operator.packed() ? columns : v.width();
        int valueDepth = valueColumns / heads;
        Tensor result = Tensor.zeros(query.dataType(), query.size(0), query.size(1), valueColumns);
        float[] queries = query.toFloats();
        float[] keys = operator.packed() ? queries : k.tensor().toFloats();
        float[] values = operator.packed() ? queries : v.tensor().toFloats();
        Tensor mask = in.hasInput(3) ? in.tensor(3) : null;
        long[] scoreSizes = {query.size(0), heads, q.count(), k.count()};
        Broadcast masked = mask == null ? null : new Broadcast(mask.sizes(), scoreSizes);
        double[] scores = new double[k.count()];
        for (long n = 0; n < query.size(0); n++) {
            for (int h = 0; h < heads; h++) {
                for (int i = 0; i < q.count(); i++) {
                    for (int j = 0; j < k.count(); j++) {
                        double dot = 0;
                        for (int d = 0; d < depth; d++) {
                            dot += (double) q.at(queries, n, i, h * depth + d) * k.at(keys, n, j, h * depth + d);
                        }
                        scores[j] = dot * operator.scale()
                                + (mask == null ? 0 : mask.getDouble(masked.index(((n * heads + h) * q.count() + i) * k.count() + j)));
                    }
                    normalize(scores, operator.zeroWhenMasked());
                    for (int d = 0; d < valueDepth; d++) {
                        double sum = 0;
                        for (int j = 0; j < k.count(); j++) {
                            sum += scores[j] * v.at(values, n, j, h * valueDepth + d);
                        }
                        result.setDouble((n * q.count() + i) * valueColumns + h * valueDepth + d, sum);
                    }
                }
            }
        }
        return List.of(result);
    }

    private static Rows rows(Tensor tensor) {
        return new Rows(tensor, 0, (int) tensor.size(2), (int) tensor.size(1));
    }

    private static void normalize(double[] scores, boolean zeroWhenMasked) {
        double largest = Double.NEGATIVE_INFINITY;
        for (double score : scores) {
            largest = Math.max(largest, score);
        }
        double sum = 0;
        for (int i = 0; i < scores.length; i++) {
            scores[i] = Math.exp(scores[i] - largest);
            sum += scores[i];
        }
        for (int i = 0; i < scores.length; i++) {
            scores[i] = zeroWhenMasked && Double.isNaN(sum) ? 0 : scores[i] / sum;
        }
    }
}
