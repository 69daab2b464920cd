package io.firesteel.backend.cuda.driver;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/** The pinned host memory of one context. */
final class PinnedBlocks {

    private final ConcurrentSkipListMap<Long, Long> ends = new ConcurrentSkipListMap<>();

    void add(long address, long bytes) {
        ends.put(address, address + bytes);
    }

    void remove(long address) {
        ends.remove(address);
    }

    boolean contains(long address, long bytes) {
        Map.Entry<Long, Long> block = ends.floorEntry(address);
        return block != null && address + bytes <= block.getValue();
    }
}
