package io.firesteel.backend.cpu;

import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.Execution;
import io.firesteel.backend.cpu.onednn.MatrixProducts;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.memory.NativeMemory;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The product of a row with the constant matrix of a recurrent layer, step after step, which two sessions compute together where
 * they are in the layer at the same time: each multiplies both rows by its half of the matrix, so that the half stays in the
 * cache of its core. One session alone multiplies its row by all of it, parts in turns forwards and backwards, because the cache
 * still has those read last. Two rows are multiplied in either case, by the same code, so that the bits of a result do not
 * depend on the company.
 */
final class PairedProduct implements AutoCloseable {

    private static final int MEMBERS = StepPair.MEMBERS;

    /** Small beside a second-level cache, and large beside the time of a call. */
    private static final long PART_BYTES = 512L << 10;
    private static final long COLUMN_BLOCK = 64;

    private record Part(Primitive primitive, long weights, long column) {}

    /** Memory of one pair of sessions: [members, rows' length] and [members, columns]. */
    private final class Pair {

        final NativeMemory memory = NativeMemory.allocate(MEMBERS * (rowBytes() + productBytes())
                + parts.stream().mapToLong(p -> aligned(p.primitive().scratchBytes())).sum());
        final List<Execution> executions = new ArrayList<>();
        final StepPair steps = new StepPair(parts.size(), part -> executions.get(part).run());

        final Place[] places = new Place[MEMBERS];

        Pair() {
            for (int i = 0; i < MEMBERS; i++) {
                places[i] = new Place(this, steps.member(i));
            }
            NativeMemory.clear(memory.address(), memory.bytes());
            long products = memory.address() + MEMBERS * rowBytes();
            long pad = products + MEMBERS * productBytes();
            for (Part part : parts) {
                executions.add(part.primitive().bind(pad, memory.address(), part.weights(), products + Float.BYTES * part.column()));
                pad += aligned(part.primitive().scratchBytes());
            }
        }

        void close() {
            executions.forEach(Execution::close);
            memory.close();
        }
    }

    /** A session's place in a pair, from the first step to the last. */
    final class Place implements AutoCloseable {

        private final StepPair.Member member;
        private final long rowAddress;
        private final long productAddress;

        private Place(Pair pair, StepPair.Member member) {
            this.member = member;
            rowAddress = pair.memory.address() + member.index() * rowBytes();
            productAddress = pair.memory.address() + MEMBERS * rowBytes() + member.index() * productBytes();
        }

        /** Multiplies the row at one address; the product goes to the other. */
        void multiply(long row, long product) {
            NativeMemory.copy(row, rowAddress, Float.BYTES * length);
            member.step();
            NativeMemory.copy(productAddress, product, Float.BYTES * columns);
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

    private final long length;
    private final long columns;
    private final List<Primitive> primitives = new ArrayList<>();
    private final List<Part> parts = new ArrayList<>();
    private final List<Pair> pairs = new ArrayList<>();

    /** @param weights R: [directions, gates * hidden, hidden] */
    PairedProduct(Tensor weights, int direction, LstmWeights prepared) {
        length = prepared.hidden();
        columns = LstmWeights.GATES * length;
        long count = Math.max(MEMBERS, Float.BYTES * length * columns / PART_BYTES);
        long each = ((columns + count - 1) / count + COLUMN_BLOCK - 1) / COLUMN_BLOCK * COLUMN_BLOCK;
        for (long from = 0; from < columns; from += each) {
            Primitive primitive = from > 0 && from + each <= columns ? primitives.get(0) : primitive(Math.min(each, columns - from));
            parts.add(new Part(primitive, prepared.rows(weights, direction * columns + from, primitive.desc(1)), from));
        }
    }

    private Primitive primitive(long width) {
        Primitive made = MatrixProducts.matmul(MemoryDesc.strided(ElementType.F32, new long[] {MEMBERS, length},
                new long[] {rowBytes() / Float.BYTES, 1}), MemoryDesc.any(ElementType.F32, length, width), null,
                MemoryDesc.strided(ElementType.F32, new long[] {MEMBERS, width}, new long[] {productBytes() / Float.BYTES, 1}),
                List.of()).compile();
        primitives.add(made);
        return made;
    }

    private static long aligned(long bytes) {
        return (bytes + NativeMemory.ALIGNMENT - 1) / NativeMemory.ALIGNMENT * NativeMemory.ALIGNMENT;
    }

    private long rowBytes() {
        return aligned(Float.BYTES * length);
    }

    private long productBytes() {
        return aligned(Float.BYTES * columns);
    }

    String implementation() {
        return primitives.get(0).implementation();
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

    @Override
    public void close() {
        pairs.forEach(Pair::close);
        primitives.forEach(Primitive::close);
    }
}
