package io.firesteel.backend.cuda;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * One axis of a copy between strided tensors.
 *
 * @param size elements along it
 * @param from distance in the source, in elements
 * @param to distance in the target, in elements
 */
record StridedAxis(long size, long from, long to) {

    /** The axes of a copy with those joined that lie alike in both tensors; at least one. */
    static List<StridedAxis> collapse(long[] sizes, long[] from, long[] to) {
        List<StridedAxis> axes = new ArrayList<>();
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] == 1) {
                continue;
            }
            StridedAxis last = axes.isEmpty() ? null : axes.get(axes.size() - 1);
            if (last != null && last.from == from[i] * sizes[i] && last.to == to[i] * sizes[i]) {
                axes.set(axes.size() - 1, new StridedAxis(last.size * sizes[i], from[i], to[i]));
            } else {
                axes.add(new StridedAxis(sizes[i], from[i], to[i]));
            }
        }
        return axes.isEmpty() ? List.of(new StridedAxis(1, 1, 1)) : axes;
    }

    /** The axes with the target's innermost last, so that neighbouring threads write neighbouring elements. */
    static List<StridedAxis> byTarget(List<StridedAxis> axes) {
        return axes.stream().sorted(Comparator.comparingLong(StridedAxis::to).reversed()).toList();
    }

    /**
     * A batch axis, the axis that is contiguous in the target and the axis that is contiguous in the source, where there are no
     * others; else an empty list.
     */
    static List<StridedAxis> transposed(List<StridedAxis> axes) {
        if (axes.size() < 2 || axes.size() > 3) {
            return List.of();
        }
        StridedAxis rows = axes.stream().filter(a -> a.to == 1).findFirst().orElse(null);
        StridedAxis columns = axes.stream().filter(a -> a.from == 1).findFirst().orElse(null);
        if (rows == null || columns == null || rows == columns) {
            return List.of();
        }
        StridedAxis batch = axes.stream().filter(a -> a != rows && a != columns).findFirst().orElse(new StridedAxis(1, 0, 0));
        return List.of(batch, rows, columns);
    }
}
