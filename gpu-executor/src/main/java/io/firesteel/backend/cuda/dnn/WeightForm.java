package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Constants;
import io.firesteel.backend.cuda.driver.Addresses;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.FiresteelException;
import io.firesteel.memory.NativeMemory;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import jcuda.driver.JCudaDriver;

/**
 * A constant rearranged for cuDNN: element {@code [i0, i1, ...]} of the form is a sum of steps into the row-major constant, or
 * zero where an index of an axis has none.
 *
 * @param type element type of the form
 * @param axes the form's axes, the innermost last
 */
record WeightForm(DataType type, List<Axis> axes) {

    /**
     * One axis.
     *
     * @param starts where each index begins in the constant, in elements; negative for zeros
     */
    record Axis(List<Long> starts) {

        Axis {
            starts = List.copyOf(starts);
        }

        /** An axis of {@code size} indices of which the first {@code used} are {@code step} apart, the others zeros. */
        static Axis of(long size, long used, long step) {
            return new Axis(java.util.stream.LongStream.range(0, size).mapToObj(i -> i < used ? i * step : -1).toList());
        }
    }

    WeightForm {
        axes = List.copyOf(axes);
    }

    long elements() {
        return axes.stream().mapToLong(a -> a.starts().size()).reduce(1, (a, b) -> a * b);
    }

    /** The device address of a constant in this form. */
    long of(Tensor constant, Constants constants, CudaContext context) {
        return constants.prepared(constant, this, elements() * type.bytes(), (source, target) -> {
            try (NativeMemory host = NativeMemory.allocate(elements() * type.bytes())) {
                fill(tensor(constant.dataType(), constant.elements(), source), tensor(type, elements(), host.address()));
                context.makeCurrent();
                int status = JCudaDriver.cuMemcpyHtoD(Addresses.device(target), Addresses.pointer(host.address()), host.bytes());
                if (status != 0) {
                    throw FiresteelException.device("CUDA_ERROR", "copying weights to the GPU failed with status " + status, null);
                }
            }
        });
    }

    /** Writes the form of a constant. */
    void fill(Tensor constant, Tensor form) {
        fill(constant, form, 0, 0, 0);
    }

    private long fill(Tensor constant, Tensor form, int axis, long start, long written) {
        long next = written;
        boolean innermost = axis == axes.size() - 1;
        for (long step : axes.get(axis).starts()) {
            long at = step < 0 || start < 0 ? -1 : start + step;
            if (innermost) {
                form.setDouble(next++, at < 0 ? 0 : constant.getDouble(at));
            } else {
                next = fill(constant, form, axis + 1, at, next);
            }
        }
        return next;
    }

    private static Tensor tensor(DataType type, long elements, long address) {
        return Tensor.wrap(type, new long[] {elements},
                NativeMemory.view(address, Math.toIntExact(elements * type.bytes())).order(java.nio.ByteOrder.LITTLE_ENDIAN));
    }
}
