package io.firesteel.backend.cpu;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Sizes;
import java.util.ArrayList;
import java.util.List;

/** The sizes of a pointwise layer's inputs in one rank, neighbouring axes joined where all inputs run through both alike. */
final class CollapsedAxes {

    private final List<List<Long>> inputs = new ArrayList<>();
    private final List<Long> output = new ArrayList<>();

    private CollapsedAxes() {}

    /**
     * @param join whether axes may be joined, as in row-major tensors
     */
    static CollapsedAxes of(Layer layer, boolean join) {
        CollapsedAxes axes = new CollapsedAxes();
        long[] out = layer.outputSizes(0);
        int rank = Math.max(1, out.length);
        long[] full = Sizes.ofRank(out, rank);
        long[][] in = new long[layer.inputCount()][];
        for (int i = 0; i < in.length; i++) {
            in[i] = Sizes.ofRank(layer.inputSizes(i), rank);
            axes.inputs.add(new ArrayList<>());
        }
        for (int axis = 0; axis < rank; axis++) {
            if (join && !axes.output.isEmpty() && (full[axis] == 1 || alike(in, full, axis))) {
                join(axes.output, full[axis]);
                for (int i = 0; i < in.length; i++) {
                    join(axes.inputs.get(i), in[i][axis]);
                }
            } else {
                axes.output.add(full[axis]);
                for (int i = 0; i < in.length; i++) {
                    axes.inputs.get(i).add(in[i][axis]);
                }
            }
        }
        return axes;
    }

    private static void join(List<Long> sizes, long size) {
        sizes.set(sizes.size() - 1, sizes.get(sizes.size() - 1) * size);
    }

    /** Whether every input that has more than one element along this axis or the one before has all of both. */
    private static boolean alike(long[][] in, long[] full, int axis) {
        int before = axis - 1;
        while (before > 0 && full[before] == 1) {
            before--;
        }
        for (long[] sizes : in) {
            boolean wholeBefore = sizes[before] == full[before];
            boolean wholeHere = sizes[axis] == full[axis];
            if (wholeBefore != wholeHere && full[before] != 1) {
                return false;
            }
            if (full[before] == 1 && !wholeHere) {
                return false;
            }
        }
        return true;
    }

    List<Long> sizes(int input) {
        return inputs.get(input);
    }

    List<Long> output() {
        return output;
    }
}
