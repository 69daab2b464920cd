package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Constants;
import io.firesteel.backend.cuda.driver.Addresses;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.FiresteelException;
import io.firesteel.memory.NativeMemory;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HalfPrecision;
import io.firesteel.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.stream.IntStream;
import jcuda.driver.JCudaDriver;

/**
 * A constant rearranged for a kernel: element {@code [i0, i1, ...]} of the form is a sum of steps into the row-major constant, or
 * zero where an index of an axis has none.
 *
 * @param type element type of the form
 * @param axes the form's axes, the innermost last
 */
public record WeightForm(DataType type, List<Axis> axes) {

    /**
     * One axis.
     *
     * @param starts where each index begins in the constant, in elements; negative for zeros
     */
    public record Axis(List<Long> starts) {

        public Axis {
            starts = List.copyOf(starts);
        }

        /** An axis of {@code size} indices of which the first {@code used} are {@code step} apart, the others zeros. */
        public static Axis of(long size, long used, long step) {
            return new Axis(java.util.stream.LongStream.range(0, size).mapToObj(i -> i < used ? i * step : -1).toList());
        }
    }

    public WeightForm {
        axes = List.copyOf(axes);
    }

    long elements() {
        return axes.stream().mapToLong(a -> a.starts().size()).reduce(1, (a, b) -> a * b);
    }

    /** The device address of a constant in this form. */
    public long of(Tensor constant, Constants constants, CudaContext context) {
        return constants.prepared(constant, this, elements() * type.bytes(), (source, target) -> {
            try (NativeMemory host = NativeMemory.allocate(elements() * type.bytes())) {
                if (constant.dataType() == DataType.FLOAT32 && type.isFloatingPoint() && type.bytes() <= Float.BYTES
                        && constant.elements() <= Integer.MAX_VALUE / Float.BYTES) {
                    fillFromFloats(NativeMemory.view(source, (int) constant.elements() * Float.BYTES), host);
                } else {
                    fill(tensor(constant.dataType(), constant.elements(), source), tensor(type, elements(), host.address()));
                }
                context.makeCurrent();
                int status = JCudaDriver.cuMemcpyHtoD(Addresses.device(target), Addresses.pointer(host.address()), host.bytes());
                if (status != 0) {
                    throw FiresteelException.device("CUDA_ERROR", "copying weights to the GPU failed with status " + status, null);
                }
            }
        });
    }

    /** The same by several threads, each index of the first axis for itself. */
    private void fillFromFloats(ByteBuffer source, NativeMemory form) {
        FloatBuffer values = source.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        int[] steps = steps();
        List<Long> starts = axes.get(0).starts();
        long rowBytes = (long) steps.length * type.bytes();
        IntStream.range(0, starts.size()).parallel().forEach(row -> {
            ByteBuffer target = NativeMemory.view(form.address() + row * rowBytes, (int) rowBytes).order(ByteOrder.LITTLE_ENDIAN);
            int start = starts.get(row).intValue();
            for (int i = 0; i < steps.length; i++) {
                float value = start < 0 || steps[i] < 0 ? 0 : values.get(start + steps[i]);
                switch (type) {
                    case FLOAT16 -> target.putShort(i * Short.BYTES, HalfPrecision.toFloat16(value));
                    case BFLOAT16 -> target.putShort(i * Short.BYTES, HalfPrecision.toBfloat16(value));
                    default -> target.putFloat(i * Float.BYTES, value);
                }
            }
        });
    }

    /** For each element of a row of the form the steps from the row's start, or -1. */
    private int[] steps() {
        int[] result = {0};
        for (Axis axis : axes.subList(1, axes.size())) {
            int[] inner = axis.starts().stream().mapToInt(Long::intValue).toArray();
            int[] joined = new int[result.length * inner.length];
            for (int i = 0; i < joined.length; i++) {
                int outer = result[i / inner.length];
                int step = inner[i % inner.length];
                joined[i] = outer < 0 || step < 0 ? -1 : outer + step;
            }
            result = joined;
        }
        return result;
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
                NativeMemory.view(address, Math.toIntExact(elements * type.bytes())).order(ByteOrder.LITTLE_ENDIAN));
    }
}
