package io.firesteel.backend.cpu;

import java.util.ArrayList;
import java.util.List;

/**
 * The product of a row with the constant matrix of a recurrent layer, step after step, which two sessions compute together where
 * they are in the layer at the same time: each multiplies both rows by its half of the matrix, so that the half stays in the
 * cache of its core. One session alone multiplies its row by all of it, parts in turns forwards and backwards, because the cache
 * still has those read last. A row's sums are made in the same order in either case, so that the bits of a result do not depend
 * on the company.
 */
final class PairedProduct {

    private static final int MEMBERS = StepPair.MEMBERS;

    /** Small beside a second-level cache, and large beside the time it takes to claim a part. */
    private static final int PART_BYTES = 256 << 10;

    private final int length;
    private final int panels;
    private final int columns;
    private final int panelsOfPart;
    private final float[] weights;
    private final List<Pair> pairs = new ArrayList<>();

    /**
     * @param weights [panels, length, columns]
     * @param length elements of a row that are multiplied
     * @param columns of each panel: four vectors
     */
    PairedProduct(float[] weights, int length, int columns) {
        int panel = length * columns;
        this.weights = weights;
        this.length = length;
        this.columns = columns;
        panels = weights.length / panel;
        panelsOfPart = Math.max(1, PART_BYTES / Float.BYTES / panel);
    }

    /** Rows and products of one pair of sessions. */
    private final class Pair {

        private final Place[] places = new Place[MEMBERS];
        private final StepPair steps = new StepPair((panels + panelsOfPart - 1) / panelsOfPart, this::compute);

        Pair() {
            for (int i = 0; i < MEMBERS; i++) {
                places[i] = new Place(steps.member(i));
            }
        }

        private void compute(int part) {
            int end = Math.min(panels, (part + 1) * panelsOfPart);
            for (int p = part * panelsOfPart; p < end; p++) {
                int at = length * columns * p;
                if (steps.takesStep(0) && steps.takesStep(1)) {
                    LstmVectors.multiply(weights, at, length, places[0].row, places[1].row, places[0].product, places[1].product,
                            columns * p);
                } else {
                    Place place = places[steps.takesStep(0) ? 0 : 1];
                    LstmVectors.multiply(weights, at, length, place.row, place.product, columns * p);
                }
            }
        }
    }

    /** A session's place in a pair, from the first step to the last. */
    final class Place implements AutoCloseable {

        private final StepPair.Member member;
        private final float[] row = new float[panels * columns / LstmWeights.GATES];
        private final float[] product = new float[panels * columns];

        private Place(StepPair.Member member) {
            this.member = member;
        }

        /** What the next step multiplies, with room for whole vectors. */
        float[] row() {
            return row;
        }

        /** The product of the last step, to be changed as wanted until the next one. */
        float[] product() {
            return product;
        }

        /** Multiplies the row. */
        void multiply() {
            member.step();
        }

        /** Goes on with the other's steps, if there are any: then both come to the next layer together. */
        void finish() {
            member.help();
        }

        @Override
        public void close() {
            member.close();
        }
    }

    /** Joins a session that is alone, or waits for none: the first to come begins. */
    synchronized Place join(int steps) {
        Pair chosen = null;
        for (Pair pair : pairs) {
            if (pair.steps.hasRoom() && (chosen == null || pair.steps.members() > chosen.steps.members())) {
                chosen = pair;
            }
        }
        if (chosen == null) {
            chosen = new Pair();
            pairs.add(chosen);
        }
        return chosen.places[chosen.steps.join(steps).index()];
    }
}
