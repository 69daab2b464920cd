package io.firesteel.reference;

import io.firesteel.op.Rearrangement;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Evaluators of {@link Rearrangement}. */
public final class RearrangementEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Rearrangement.DepthToSpace.class, (op, in) -> {
            Tensor x = in.tensor(0);
            long b = op.blockSize();
            long channels = x.size(1) / (b * b);
            Tensor y = op.columnRowDepth()
                    ? MovementEvaluators.transpose(x.reshaped(x.size(0), channels, b, b, x.size(2), x.size(3)), 0, 1, 4, 2, 5, 3)
                    : MovementEvaluators.transpose(x.reshaped(x.size(0), b, b, channels, x.size(2), x.size(3)), 0, 3, 4, 1, 5, 2);
            return List.of(y.reshaped(x.size(0), channels, x.size(2) * b, x.size(3) * b));
        });
        registry.add(Rearrangement.SpaceToDepth.class, (op, in) -> {
            Tensor x = in.tensor(0);
            long b = op.blockSize();
            Tensor blocks = x.reshaped(x.size(0), x.size(1), x.size(2) / b, b, x.size(3) / b, b);
            return List.of(MovementEvaluators.transpose(blocks, 0, 3, 5, 1, 2, 4)
                    .reshaped(x.size(0), x.size(1) * b * b, x.size(2) / b, x.size(3) / b));
        });
        registry.add(Rearrangement.ReverseSequence.class, (op, in) -> List.of(reverse(op, in.tensor(0), in.tensor(1))));
        registry.add(Rearrangement.Col2Im.class, (op, in) -> List.of(col2im(op, in)));
    }

    private static Tensor reverse(Rearrangement.ReverseSequence op, Tensor x, Tensor lengths) {
        long batch = x.size((int) op.batchAxis());
        long time = x.size((int) op.timeAxis());
        if (lengths.elements() != batch) {
            throw new IllegalArgumentException(lengths.elements() + " lengths for " + batch + " sequences");
        }
        long run = StridedCopy.product(x.sizes(), 2, x.rank());
        long batchStride = op.batchAxis() == 0 ? time * run : run;
        long timeStride = op.batchAxis() == 0 ? run : batch * run;
        Tensor y = Tensor.zeros(x.dataType(), x.sizes());
        for (long b = 0; b < batch; b++) {
            long length = lengths.getLong(b);
            if (length < 0 || length > time) {
                throw new IllegalArgumentException("length " + length + " of sequence " + b + " is outside 0 to " + time);
            }
            for (long t = 0; t < time; t++) {
                long origin = t < length ? length - 1 - t : t;
                y.copy(b * batchStride + t * timeStride, x, b * batchStride + origin * timeStride, run);
            }
        }
        return y;
    }

    private static Tensor col2im(Rearrangement.Col2Im op, EvaluationContext in) {
        Tensor columns = in.tensor(0);
        long[] image = in.tensor(1).toLongs();
        long[] block = in.tensor(2).toLongs();
        int spatial = image.length;
        if (block.length != spatial || op.strides().size() != spatial) {
            throw new IllegalArgumentException("image, block and attributes must have one rank");
        }
        long blockSize = StridedCopy.product(block, 0, spatial);
        long planes = columns.size(0) * columns.size(1) / blockSize;
        long[] windows = new long[spatial];
        for (int d = 0; d < spatial; d++) {
            windows[d] = (image[d] + op.padsBegin().get(d) + op.padsEnd().get(d) - op.dilations().get(d) * (block[d] - 1) - 1)
                    / op.strides().get(d) + 1;
        }
        long count = StridedCopy.product(windows, 0, spatial);
        if (count != columns.size(2) || columns.size(1) % blockSize != 0) {
            throw new IllegalArgumentException("columns " + columns + " do not have " + count + " blocks of " + blockSize);
        }
        List<Long> sizes = new ArrayList<>(List.of(columns.size(0), columns.size(1) / blockSize));
        for (long size : image) {
            sizes.add(size);
        }
        Tensor y = Tensor.zeros(columns.dataType(), sizes.stream().mapToLong(Long::longValue).toArray());
        long plane = StridedCopy.product(image, 0, spatial);
        for (long k = 0; k < blockSize; k++) {
            for (long w = 0; w < count; w++) {
                long at = pixel(op, k, w, image, block, windows);
                for (long p = 0; p < planes && at >= 0; p++) {
                    add(y, p * plane + at, columns, (p * blockSize + k) * count + w);
                }
            }
        }
        return y;
    }

    private static long pixel(Rearrangement.Col2Im op, long k, long w, long[] image, long[] block, long[] windows) {
        long at = 0;
        long stride = 1;
        for (int d = image.length - 1; d >= 0; d--) {
            long position = w % windows[d] * op.strides().get(d) - op.padsBegin().get(d) + k % block[d] * op.dilations().get(d);
            if (position < 0 || position >= image[d]) {
                return -1;
            }
            w /= windows[d];
            k /= block[d];
            at += position * stride;
            stride *= image[d];
        }
        return at;
    }

    private static void add(Tensor y, long at, Tensor x, long i) {
        if (y.dataType().isFloatingPoint()) {
            y.setDouble(at, y.getDouble(at) + x.getDouble(i));
        } else {
            y.setLong(at, y.getLong(at) + x.getLong(i));
        }
    }
}
