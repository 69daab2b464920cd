package io.firesteel.memory;

import java.util.List;

/**
 * Where each block of an arena lies.
 *
 * @param offsets byte offset of each block, in the order they were given
 * @param bytes the arena's size
 * @param lowerBound the largest sum of blocks that live at one time, which no arena can be smaller than
 */
public record ArenaPlan(List<Long> offsets, long bytes, long lowerBound) {

    public ArenaPlan {
        offsets = List.copyOf(offsets);
    }
}
