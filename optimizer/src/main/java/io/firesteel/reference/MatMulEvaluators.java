package io.firesteel.reference;

import io.firesteel.op.MatMul;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Evaluator of {@link MatMul}: blocks of b are unpacked once and every row of a runs over them, summed in double. */
public final class MatMulEvaluators implements EvaluatorFamily {

    private static final int BLOCK = 256;

    @Override
    public void register(Registry registry) {
        registry.add(MatMul.class, MatMulEvaluators::matMul);
    }

    private static List<HostValue> matMul(MatMul op, EvaluationContext in) {
        Tensor a = in.tensor(0);
        Tensor b = in.tensor(1);
        long[] left = a.rank() == 1 ? new long[] {1, a.size(0)} : a.sizes();
        long[] right = b.rank() == 1 ? new long[] {b.size(0), 1} : b.sizes();
        int rows = Math.toIntExact(left[left.length - (op.transposeA() ? 1 : 2)]);
        int inner = Math.toIntExact(left[left.length - (op.transposeA() ? 2 : 1)]);
        int columns = Math.toIntExact(right[right.length - (op.transposeB() ? 2 : 1)]);
        if (right[right.length - (op.transposeB() ? 1 : 2)] != inner) {
            throw in.error("inner dimensions of " + a.type() + " and " + b.type() + " differ");
        }
        long[] leftBatch = Arrays.copyOf(left, left.length - 2);
        long[] rightBatch = Arrays.copyOf(right, right.length - 2);
        long[] batch = Broadcast.sizes(leftBatch, rightBatch);
        Broadcast leftIndex = new Broadcast(leftBatch, batch);
        Broadcast rightIndex = new Broadcast(rightBatch, batch);
        Tensor y = Tensor.zeros(a.dataType(), resultSizes(batch, a.rank(), b.rank(), rows, columns));
        double[] bias = in.hasInput(2) && a.dataType().isFloatingPoint() ? Elements.read(in.tensor(2)) : null;
        long matrices = Elements.product(batch);
        for (long i = 0; i < matrices; i++) {
            long aAt = leftIndex.index(i) * rows * inner;
            long bAt = rightIndex.index(i) * inner * columns;
            if (a.dataType().isFloatingPoint()) {
                Product product = new Product(op, a, aAt, b, bAt, rows, inner, columns);
                product.compute(bias, y, i * rows * columns);
            } else {
                integers(op, in, aAt, bAt, inner, y, i * rows * columns, rows, columns);
            }
        }
        return List.of(PointwisePrograms.epilogue(op.epilogue(), y, MatMul.EPILOGUE_INPUT, in));
    }

    private static long[] resultSizes(long[] batch, int rankA, int rankB, long rows, long columns) {
        int matrixAxes = (rankA > 1 ? 1 : 0) + (rankB > 1 ? 1 : 0);
        long[] sizes = Arrays.copyOf(batch, batch.length + matrixAxes);
        int at = batch.length;
        if (rankA > 1) {
            sizes[at++] = rows;
        }
        if (rankB > 1) {
            sizes[at] = columns;
        }
        return sizes;
    }

    private static void integers(MatMul op, EvaluationContext in, long aAt, long bAt, int inner, Tensor y, long yAt, int rows,
            int columns) {
        Tensor a = in.tensor(0);
        Tensor b = in.tensor(1);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                long sum = in.hasInput(2) ? in.tensor(2).getLong(c) : 0;
                for (int k = 0; k < inner; k++) {
                    sum += a.getLong(aAt + (op.transposeA() ? (long) k * rows + r : (long) r * inner + k))
                            * b.getLong(bAt + (op.transposeB() ? (long) c * inner + k : (long) k * columns + c));
                }
                y.setLong(yAt + (long) r * columns + c, sum);
            }
        }
    }

    /** One product of two matrices. */
    private record Product(MatMul op, Tensor a, long aAt, Tensor b, long bAt, int rows, int inner, int columns) {

        void compute(double[] bias, Tensor y, long yAt) {
            double[] left = new double[Math.multiplyExact(rows, Math.min(inner, BLOCK))];
            double[] panel = new double[BLOCK * BLOCK];
            for (int c = 0; c < columns; c += BLOCK) {
                int width = Math.min(BLOCK, columns - c);
                double[] sums = new double[Math.multiplyExact(rows, width)];
                if (bias != null) {
                    for (int r = 0; r < rows; r++) {
                        System.arraycopy(bias, c, sums, r * width, width);
                    }
                }
                for (int k = 0; k < inner; k += BLOCK) {
                    int depth = Math.min(BLOCK, inner - k);
                    readLeft(left, k, depth);
                    readPanel(panel, k, depth, c, width);
                    addPanel(left, panel, sums, depth, width);
                }
                for (int r = 0; r < rows; r++) {
                    Elements.write(y, yAt + (long) r * columns + c, sums, r * width, width);
                }
            }
        }

        private void readLeft(double[] left, int k, int depth) {
            if (op.transposeA()) {
                for (int d = 0; d < depth; d++) {
                    for (int r = 0; r < rows; r++) {
                        left[r * depth + d] = a.getDouble(aAt + (long) (k + d) * rows + r);
                    }
                }
            } else {
                for (int r = 0; r < rows; r++) {
                    Elements.read(a, aAt + (long) r * inner + k, left, r * depth, depth);
                }
            }
        }

        private void readPanel(double[] panel, int k, int depth, int c, int width) {
            if (op.transposeB()) {
                double[] column = new double[depth];
                for (int j = 0; j < width; j++) {
                    Elements.read(b, bAt + (long) (c + j) * inner + k, column, 0, depth);
                    for (int d = 0; d < depth; d++) {
                        panel[d * width + j] = column[d];
                    }
                }
            } else {
                for (int d = 0; d < depth; d++) {
                    Elements.read(b, bAt + (long) (k + d) * columns + c, panel, d * width, width);
                }
            }
        }

        private void addPanel(double[] left, double[] panel, double[] sums, int depth, int width) {
            for (int r = 0; r < rows; r++) {
                int to = r * width;
                for (int d = 0; d < depth; d++) {
                    double factor = left[r * depth + d];
                    int from = d * width;
                    for (int j = 0; j < width; j++) {
                        sums[to + j] += factor * panel[from + j];
                    }
                }
            }
        }
    }
}
