package io.firesteel.backend.cpu;

import io.firesteel.backend.Launch;
import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.Elementwise;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.memory.NativeMemory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Copies a region between two row-major tensors: the kernel of everything that only moves elements. */
final class StridedCopy implements Stage {

    private static final long SHORTEST_RUN = 64;

    private final long[] sizes;
    private final long[] sourceStrides;
    private final long[] targetStrides;
    private final long runBytes;
    private final Place source;
    private final Place target;

    private StridedCopy(long[] sizes, long[] sourceStrides, long[] targetStrides, long runBytes, Place source, Place target) {
        this.sizes = sizes;
        this.sourceStrides = sourceStrides;
        this.targetStrides = targetStrides;
        this.runBytes = runBytes;
        this.source = source;
        this.target = target;
    }

    /**
     * The stage that copies best.
     *
     * @param elementBytes size of an element
     * @param sizes what is copied
     * @param from strides in the source, in elements; 0 repeats
     * @param to strides in the target, in elements
     */
    static Stage of(int elementBytes, long[] sizes, long[] from, long[] to, Place source, Place target) {
        List<long[]> axes = new ArrayList<>();
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] == 1) {
                continue;
            }
            long[] last = axes.isEmpty() ? null : axes.get(axes.size() - 1);
            if (last != null && last[1] == from[i] * sizes[i] && last[2] == to[i] * sizes[i]) {
                last[0] *= sizes[i];
                last[1] = from[i];
                last[2] = to[i];
            } else {
                axes.add(new long[] {sizes[i], from[i], to[i]});
            }
        }
        long run = elementBytes;
        if (!axes.isEmpty() && axes.get(axes.size() - 1)[1] == 1 && axes.get(axes.size() - 1)[2] == 1) {
            run *= axes.remove(axes.size() - 1)[0];
        }
        boolean nested = isNested(axes, 1, run / elementBytes) && isNested(axes, 2, run / elementBytes);
        if (run >= SHORTEST_RUN || axes.isEmpty() || !nested) {
            return new StridedCopy(column(axes, 0, 1), column(axes, 1, elementBytes), column(axes, 2, elementBytes), run, source,
                    target);
        }
        return reorder(elementBytes, run / elementBytes, axes, source, target);
    }

    /**
     * Whether every axis has room between its elements for all of the next denser one, as oneDNN demands: repeated elements have none,
     * nor have every second of an odd number of elements.
     */
    private static boolean isNested(List<long[]> axes, int stride, long run) {
        List<long[]> dense = axes.stream().sorted(Comparator.comparingLong(a -> a[stride])).toList();
        long room = run;
        for (long[] axis : dense) {
            if (axis[stride] < room) {
                return false;
            }
            room = axis[stride] * axis[0];
        }
        return true;
    }

    private static Stage reorder(int elementBytes, long run, List<long[]> axes, Place source, Place target) {
        ElementType type = switch (elementBytes) {
            case 1 -> ElementType.S8;
            case 2 -> ElementType.BF16;
            default -> ElementType.S32;
        };
        int parts = elementBytes / type.bytes();
        List<long[]> all = new ArrayList<>();
        axes.forEach(a -> all.add(new long[] {a[0], a[1] * parts, a[2] * parts}));
        if (run * parts > 1) {
            all.add(new long[] {run * parts, 1, 1});
        }
        long[] dims = column(all, 0, 1);
        Primitive primitive = Elementwise.reorder(MemoryDesc.strided(type, dims, column(all, 1, 1)),
                MemoryDesc.strided(type, dims, column(all, 2, 1)));
        return new PrimitiveStage(primitive, List.of(source, target));
    }

    private static long[] column(List<long[]> axes, int index, long factor) {
        return axes.stream().mapToLong(a -> a[index] * factor).toArray();
    }

    @Override
    public String implementation() {
        return "copy";
    }

    @Override
    public long scratchBytes() {
        return 0;
    }

    @Override
    public Launch bind(Memory memory) {
        long from = memory.address(source);
        long to = memory.address(target);
        if (sizes.length == 0) {
            return () -> NativeMemory.copy(from, to, runBytes);
        }
        return () -> copy(from, to, 0);
    }

    private void copy(long from, long to, int axis) {
        long size = sizes[axis];
        long fromStep = sourceStrides[axis];
        long toStep = targetStrides[axis];
        if (axis == sizes.length - 1) {
            for (long i = 0; i < size; i++) {
                NativeMemory.copy(from + i * fromStep, to + i * toStep, runBytes);
            }
        } else {
            for (long i = 0; i < size; i++) {
                copy(from + i * fromStep, to + i * toStep, axis + 1);
            }
        }
    }

    @Override
    public void close() {}
}
