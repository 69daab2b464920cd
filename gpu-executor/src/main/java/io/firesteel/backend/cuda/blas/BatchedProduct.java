package io.firesteel.backend.cuda.blas;

import io.firesteel.backend.Layer;
import io.firesteel.op.MatMul;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A matrix product of row-major operands as launches of strided batches.
 *
 * @param rows M, those of one matrix of the result
 * @param columns N
 * @param inner K
 * @param transposeA whether a matrix of a is K x M in memory
 * @param transposeB whether a matrix of b is N x K in memory
 * @param count matrices of one launch
 * @param strideA elements from one matrix of a to the next; 0 where all use the same
 * @param strideB elements from one matrix of b to the next
 * @param starts for each launch the first element of a, b and the result
 */
record BatchedProduct(long rows, long columns, long inner, boolean transposeA, boolean transposeB, long count, long strideA,
        long strideB, List<long[]> starts) {

    private record Axis(long size, long a, long b) { }

    static BatchedProduct of(Layer layer) {
        MatMul op = (MatMul) layer.operator();
        long[] a = layer.inputSizes(0);
        long[] b = layer.inputSizes(1);
        a = a.length == 1 ? new long[] {1, a[0]} : a;
        b = b.length == 1 ? new long[] {b[0], 1} : b;
        long rows = a[a.length - (op.transposeA() ? 1 : 2)];
        long inner = a[a.length - (op.transposeA() ? 2 : 1)];
        long columns = b[b.length - (op.transposeB() ? 2 : 1)];
        long matricesA = product(a, a.length - 2);
        if (product(b, b.length - 2) == 1 && (!op.transposeA() || matricesA == 1)) {
            return new BatchedProduct(rows * matricesA, columns, inner, op.transposeA(), op.transposeB(), 1, 0, 0,
                    List.of(new long[3]));
        }
        List<Axis> axes = axes(a, b, rows * inner, inner * columns);
        Axis last = axes.remove(axes.size() - 1);
        List<long[]> starts = new ArrayList<>(List.of(new long[3]));
        long step = rows * columns * last.size;
        for (int i = axes.size() - 1; i >= 0; i--) {
            List<long[]> further = new ArrayList<>();
            for (long at = 0; at < axes.get(i).size; at++) {
                for (long[] start : starts) {
                    further.add(new long[] {start[0] + at * axes.get(i).a, start[1] + at * axes.get(i).b, start[2] + at * step});
                }
            }
            step *= axes.get(i).size;
            starts = further;
        }
        return new BatchedProduct(rows, columns, inner, op.transposeA(), op.transposeB(), last.size, last.a, last.b, starts);
    }

    /** The batch axes of the result, neighbours joined where both operands allow it; at least one. */
    private static List<Axis> axes(long[] a, long[] b, long matrixA, long matrixB) {
        int rank = Math.max(a.length, b.length) - 2;
        long[] sizesA = leading(a, rank);
        long[] sizesB = leading(b, rank);
        List<Axis> axes = new ArrayList<>();
        long nextA = matrixA;
        long nextB = matrixB;
        for (int i = rank - 1; i >= 0; i--) {
            long size = Math.max(sizesA[i], sizesB[i]);
            Axis axis = new Axis(size, sizesA[i] == 1 ? 0 : nextA, sizesB[i] == 1 ? 0 : nextB);
            nextA *= sizesA[i];
            nextB *= sizesB[i];
            if (size == 1) {
                continue;
            }
            Axis inside = axes.isEmpty() ? null : axes.get(0);
            if (inside != null && axis.a == inside.a * inside.size && axis.b == inside.b * inside.size) {
                axes.set(0, new Axis(inside.size * size, inside.a, inside.b));
            } else {
                axes.add(0, axis);
            }
        }
        if (axes.isEmpty()) {
            axes.add(new Axis(1, 0, 0));
        }
        return axes;
    }

    private static long[] leading(long[] sizes, int rank) {
        long[] result = new long[rank];
        Arrays.fill(result, 1);
        int count = sizes.length - 2;
        System.arraycopy(sizes, 0, result, rank - count, count);
        return result;
    }

    private static long product(long[] sizes, int count) {
        long product = 1;
        for (int i = 0; i < count; i++) {
            product *= sizes[i];
        }
        return product;
    }
}
