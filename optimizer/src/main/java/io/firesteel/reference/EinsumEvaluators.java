package io.firesteel.reference;

import io.firesteel.op.Einsum;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** Evaluator of {@link Einsum}. */
public final class EinsumEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Einsum.class, (op, in) ->
                List.of(einsum(op, IntStream.range(0, in.inputCount()).mapToObj(in::tensor).toList())));
    }

    private static Tensor einsum(Einsum op, List<Tensor> operands) {
        Einsum.Labels labels = op.labels(operands.stream().map(Tensor::rank).toList());
        Set<Integer> ordered = new LinkedHashSet<>(labels.result());
        labels.operands().forEach(ordered::addAll);
        List<Integer> axes = new ArrayList<>(ordered);
        long[] sizes = new long[axes.size()];
        Arrays.fill(sizes, 1);
        long[][] strides = new long[operands.size()][axes.size()];
        for (int i = 0; i < operands.size(); i++) {
            long[] dense = StridedCopy.strides(operands.get(i).sizes());
            for (int d = 0; d < dense.length; d++) {
                int axis = axes.indexOf(labels.operands().get(i).get(d));
                long size = operands.get(i).size(d);
                if (size != 1 && sizes[axis] != 1 && sizes[axis] != size) {
                    throw new IllegalArgumentException("a label of equation '" + op.equation() + "' has sizes " + sizes[axis] + " and " + size);
                }
                sizes[axis] = size != 1 ? size : sizes[axis];
                strides[i][axis] += size == 1 ? 0 : dense[d];
            }
        }
        int kept = labels.result().size();
        Tensor y = Tensor.zeros(operands.get(0).dataType(), Arrays.copyOf(sizes, kept));
        long summed = StridedCopy.product(sizes, kept, sizes.length);
        boolean real = y.dataType().isFloatingPoint();
        for (long i = 0; i < y.elements(); i++) {
            double sum = 0;
            long whole = 0;
            for (long s = 0; s < summed; s++) {
                double product = 1;
                long factor = 1;
                for (int o = 0; o < strides.length; o++) {
                    long at = offset(i * summed + s, sizes, strides[o]);
                    product *= real ? operands.get(o).getDouble(at) : 1;
                    factor *= real ? 1 : operands.get(o).getLong(at);
                }
                sum += product;
                whole += factor;
            }
            if (real) {
                y.setDouble(i, sum);
            } else {
                y.setLong(i, whole);
            }
        }
        return y;
    }

    private static long offset(long index, long[] sizes, long[] strides) {
        long offset = 0;
        for (int axis = sizes.length - 1; axis >= 0; axis--) {
            offset += index % sizes[axis] * strides[axis];
            index /= sizes[axis];
        }
        return offset;
    }
}
