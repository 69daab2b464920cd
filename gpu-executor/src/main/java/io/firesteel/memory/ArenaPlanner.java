package io.firesteel.memory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Places blocks of known size and lifetime in one arena, so that blocks alive at the same time do not overlap.
 *
 * <p>Blocks are placed one after the other at the lowest offset that is free during their whole lifetime. The order decides
 * how good the result is, so several are tried, then the best is improved by moving the blocks that reach the top forward;
 * the smallest arena found is taken. Deterministic.
 */
public final class ArenaPlanner {

    private static final int IMPROVEMENTS = 300;

    /**
     * One block.
     *
     * @param bytes its size
     * @param first index of the step that writes it first
     * @param last index of the last step that uses it, at least {@code first}
     */
    public record Block(long bytes, int first, int last) {

        public Block {
            if (bytes < 0 || last < first) {
                throw new IllegalArgumentException("block of " + bytes + " bytes from step " + first + " to " + last);
            }
        }

        boolean meets(Block other) {
            return first <= other.last && other.first <= last;
        }

        private long extent() {
            return bytes * (last - first + 1);
        }
    }

    private final List<Block> blocks;
    private final long[] sizes;
    private final int[][] neighbours;

    private ArenaPlanner(List<Block> blocks) {
        this.blocks = blocks;
        this.sizes = blocks.stream().mapToLong(b -> align(b.bytes())).toArray();
        this.neighbours = new int[blocks.size()][];
        for (int i = 0; i < neighbours.length; i++) {
            Block block = blocks.get(i);
            int self = i;
            neighbours[i] = IntStream.range(0, neighbours.length)
                    .filter(j -> j != self && blocks.get(j).meets(block)).toArray();
        }
    }

    /** Places the blocks; every offset is a multiple of {@value NativeMemory#ALIGNMENT}. */
    public static ArenaPlan plan(List<Block> blocks) {
        return new ArenaPlanner(List.copyOf(blocks)).best();
    }

    /** The size a block takes up. */
    public static long align(long bytes) {
        return Math.addExact(bytes, NativeMemory.ALIGNMENT - 1) & -NativeMemory.ALIGNMENT;
    }

    private ArenaPlan best() {
        long bound = lowerBound();
        long[] best = null;
        Integer[] bestOrder = null;
        for (Comparator<Block> comparator : orders()) {
            Integer[] order = IntStream.range(0, sizes.length).boxed().toArray(Integer[]::new);
            Arrays.sort(order, Comparator.comparing(blocks::get, comparator));
            long[] offsets = place(order);
            if (best == null || height(offsets) < height(best)) {
                best = offsets;
                bestOrder = order;
            }
        }
        best = improve(best, bestOrder, bound);
        return new ArenaPlan(Arrays.stream(best).boxed().toList(), height(best), bound);
    }

    private static List<Comparator<Block>> orders() {
        Comparator<Block> bySize = Comparator.comparingLong(Block::bytes).reversed();
        Comparator<Block> byLength = Comparator.<Block>comparingInt(b -> b.last() - b.first()).reversed();
        return List.of(
                bySize.thenComparing(byLength),
                byLength.thenComparing(bySize),
                Comparator.comparingLong(Block::extent).reversed(),
                Comparator.comparingInt(Block::first).thenComparing(bySize),
                Comparator.comparingInt(Block::last).reversed().thenComparing(bySize));
    }

    private long[] improve(long[] start, Integer[] startOrder, long bound) {
        long[] best = start;
        List<Integer> order = new ArrayList<>(Arrays.asList(startOrder));
        for (int round = 0; round < IMPROVEMENTS && height(best) > bound; round++) {
            long[] offsets = place(order.toArray(Integer[]::new));
            if (height(offsets) < height(best)) {
                best = offsets;
            }
            long top = height(offsets);
            List<Integer> reaching = order.stream().filter(i -> offsets[i] + sizes[i] == top).toList();
            Integer moved = reaching.get(round % reaching.size());
            int at = order.indexOf(moved);
            Collections.rotate(order.subList(round % 3 == 2 ? at / 2 : 0, at + 1), 1);
        }
        return best;
    }

    private long[] place(Integer[] order) {
        long[] offsets = new long[sizes.length];
        Arrays.fill(offsets, -1);
        long[] starts = new long[sizes.length];
        long[] ends = new long[sizes.length];
        for (int index : order) {
            int count = 0;
            for (int other : neighbours[index]) {
                if (offsets[other] >= 0 && sizes[other] > 0) {
                    insert(starts, ends, count++, offsets[other], offsets[other] + sizes[other]);
                }
            }
            long offset = 0;
            for (int i = 0; i < count && starts[i] < offset + sizes[index]; i++) {
                offset = Math.max(offset, ends[i]);
            }
            offsets[index] = offset;
        }
        return offsets;
    }

    private static void insert(long[] starts, long[] ends, int count, long start, long end) {
        int at = count;
        while (at > 0 && starts[at - 1] > start) {
            starts[at] = starts[at - 1];
            ends[at] = ends[at - 1];
            at--;
        }
        starts[at] = start;
        ends[at] = end;
    }

    private long height(long[] offsets) {
        long height = 0;
        for (int i = 0; i < offsets.length; i++) {
            height = Math.max(height, offsets[i] + sizes[i]);
        }
        return height;
    }

    private long lowerBound() {
        long bound = 0;
        for (Block at : blocks) {
            long live = 0;
            for (int i = 0; i < sizes.length; i++) {
                Block block = blocks.get(i);
                if (block.first() <= at.first() && at.first() <= block.last()) {
                    live += sizes[i];
                }
            }
            bound = Math.max(bound, live);
        }
        return bound;
    }
}
