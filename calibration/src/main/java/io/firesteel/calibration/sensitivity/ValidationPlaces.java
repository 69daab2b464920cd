package io.firesteel.calibration.sensitivity;

import io.firesteel.calibration.sample.ContentHash;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which partition each validation row goes to: those of {@link Part#LAYERS} first, then the others of {@link Part#SELECTION},
 * then those of {@link Part#TEST}. It depends on the rows alone.
 *
 * @param places by the rows' hashes
 * @param ends for each part the partition after its last one
 * @param rows for each part how many rows it has, duplicates counted
 * @param contents for each partition how many different rows it has
 */
public record ValidationPlaces(Map<ContentHash, Place> places, Map<Part, Integer> ends, Map<Part, Long> rows, List<Integer> contents)
        implements Serializable {

    private static final int LAYER_ROWS = 64;
    private static final int ROWS = 256;
    private static final int MOST_PARTITIONS = 64;

    /**
     * Where a row goes.
     *
     * @param times how often it occurs
     */
    public record Place(int partition, int times) implements Serializable { }

    /**
     * Places rows.
     *
     * @param selection the rows to select layers by and how often each occurs
     * @param test the rows to test on
     * @param layerRows how many of the former each layer's effect is measured on
     */
    public static ValidationPlaces of(SortedMap<ContentHash, Integer> selection, SortedMap<ContentHash, Integer> test, int layerRows) {
        List<Map.Entry<ContentHash, Integer>> chosen = new ArrayList<>(selection.entrySet());
        int first = Math.min(layerRows, chosen.size());
        ValidationPlaces places = new ValidationPlaces(new HashMap<>(), new EnumMap<>(Part.class), new EnumMap<>(Part.class), new ArrayList<>());
        places.add(Part.LAYERS, chosen.subList(0, first), LAYER_ROWS);
        places.add(Part.SELECTION, chosen.subList(first, chosen.size()), ROWS);
        places.add(Part.TEST, new ArrayList<>(test.entrySet()), ROWS);
        places.rows().merge(Part.SELECTION, places.rows().get(Part.LAYERS), Long::sum);
        return places;
    }

    private void add(Part part, List<Map.Entry<ContentHash, Integer>> entries, int rowsEach) {
        int start = contents.size();
        int partitions = Math.min(MOST_PARTITIONS, (entries.size() + rowsEach - 1) / rowsEach);
        long count = 0;
        for (int i = 0; i < partitions; i++) {
            contents.add(0);
        }
        for (int i = 0; i < entries.size(); i++) {
            int partition = start + i % partitions;
            contents.set(partition, contents.get(partition) + 1);
            places.put(entries.get(i).getKey(), new Place(partition, entries.get(i).getValue()));
            count += entries.get(i).getValue();
        }
        ends.put(part, start + partitions);
        rows.put(part, count);
    }

    /** The rows of each partition, in the order of their hashes. */
    public List<SortedSet<ContentHash>> partitions() {
        List<SortedSet<ContentHash>> partitions = new ArrayList<>();
        contents.forEach(rows -> partitions.add(new TreeSet<>()));
        places.forEach((hash, place) -> partitions.get(place.partition()).add(hash));
        return partitions;
    }

    /** Identifies a part's rows. */
    public String contents(Part part) {
        TreeMap<ContentHash, Place> sorted = new TreeMap<>();
        places.forEach((hash, place) -> {
            if (place.partition() >= start(part) && place.partition() < ends.get(part)) {
                sorted.put(hash, place);
            }
        });
        ByteBuffer bytes = ByteBuffer.allocate(sorted.size() * (2 * Long.BYTES + Integer.BYTES));
        sorted.forEach((hash, place) -> bytes.putLong(hash.high()).putLong(hash.low()).putInt(place.times()));
        return ContentHash.of(bytes.array()).text();
    }

    /** The first partition that has rows of a part; the part's last one is before its end. */
    public int start(Part part) {
        return part == Part.TEST ? ends.get(Part.SELECTION) : 0;
    }
}
