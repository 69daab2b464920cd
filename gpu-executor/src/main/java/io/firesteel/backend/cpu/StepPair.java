package io.firesteel.backend.cpu;

import io.firesteel.FiresteelException;
import java.util.concurrent.Phaser;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.IntConsumer;

/**
 * Up to two threads that go through steps together, each step's parts divided among them. Who is alone does not wait; who comes
 * later helps with the step that is being computed and takes part in the next. In even phases the members put down what the step
 * reads, in odd ones they compute its parts: each those of its half first, then what is left of the other's, so that a thread
 * which does not run just then holds up one part and not half a step.
 *
 * <p>Nothing is waited for but a member's arrival, and a member always arrives: between two arrivals it computes only, and
 * {@link Member#close} arrives for good, whatever happened before.
 */
final class StepPair {

    static final int MEMBERS = 2;

    /** About the time of some parts: whoever waits longer than that, waits for a thread that does not run. */
    private static final int SPINS = Runtime.getRuntime().availableProcessors() > 1 ? 2000 : 0;

    private final Phaser phaser = new Phaser() {
        @Override
        protected boolean onAdvance(int phase, int registeredParties) {
            return false;
        }
    };
    private final int parts;
    private final IntConsumer compute;
    private final AtomicIntegerArray claims;
    private final AtomicInteger places = new AtomicInteger();
    private final AtomicIntegerArray joined = new AtomicIntegerArray(MEMBERS);
    private final AtomicIntegerArray left = new AtomicIntegerArray(MEMBERS);
    /** Set before a member arrives and read after all have. */
    private final boolean[] takesStep = new boolean[MEMBERS];
    private final Member[] all = {new Member(0), new Member(1)};
    private volatile Throwable failure;

    /** @param compute computes one part of a step; called once a step for each part, by different threads for different parts */
    StepPair(int parts, IntConsumer compute) {
        this.parts = parts;
        this.compute = compute;
        claims = new AtomicIntegerArray(parts);
        for (int i = 0; i < parts; i++) {
            claims.set(i, -1);
        }
    }

    Member member(int index) {
        return all[index];
    }

    int members() {
        return Integer.bitCount(places.get());
    }

    /** Whether the step that is being computed is one of this member's, too. */
    boolean takesStep(int index) {
        return takesStep[index];
    }

    boolean hasRoom() {
        return failure == null && members() < MEMBERS;
    }

    /** Called by one thread at a time, and only where there is room. */
    Member join(int steps) {
        int index = (places.get() & 1) == 0 ? 0 : 1;
        Member member = all[index];
        boolean first = places.getAndUpdate(p -> p | 1 << index) == 0;
        // From here on another may wait for this thread: nothing is allocated before the member is returned.
        int phase = phaser.register();
        joined.incrementAndGet(index);
        left.set(index, steps);
        if (phase % 2 != 0) {
            if (!first) {
                member.computeParts(phase);
            }
            await(phaser.arrive());
        }
        return member;
    }

    private void await(int phase) {
        for (int i = 0; i < SPINS && phaser.getPhase() == phase; i++) {
            Thread.onSpinWait();
        }
        phaser.awaitAdvance(phase);
    }

    /** One thread's place, from joining to closing. */
    final class Member implements AutoCloseable {

        private final int index;

        private Member(int index) {
            this.index = index;
        }

        /** 0 or 1. */
        int index() {
            return index;
        }

        /** Computes the next step; what it reads of this member is there, what it gives this member is there afterwards. */
        void step() {
            take(1);
        }

        /** Takes part in the other's steps until it has none left; another that joins after it is not helped. */
        void help() {
            int other = 1 - index;
            int generation = joined.get(other);
            while (left.get(other) > 0 && joined.get(other) == generation) {
                take(0);
            }
        }

        private void take(int own) {
            takesStep[index] = own > 0;
            await(phaser.arrive());
            left.addAndGet(index, -own);
            computeParts(phaser.getPhase());
            await(phaser.arrive());
            if (failure != null) {
                throw FiresteelException.device("CPU_KERNEL_FAILED", "a step of a recurrent layer failed: " + failure.getMessage(),
                        failure);
            }
        }

        private void computeParts(int phase) {
            boolean backwards = phase / 2 % 2 != 0;
            boolean alone = members() == 1;
            int middle = parts / 2;
            int from = alone || index == 0 ? 0 : middle;
            int to = alone || index == 1 ? parts : middle;
            try {
                claim(phase, from, to, backwards);
                if (!alone) {
                    claim(phase, index == 0 ? middle : 0, index == 0 ? parts : middle, !backwards);
                }
            } catch (RuntimeException | Error e) {
                failure = e;
            }
        }

        private void claim(int phase, int from, int to, boolean backwards) {
            for (int i = from; i < to; i++) {
                int part = backwards ? from + to - 1 - i : i;
                int before = claims.get(part);
                if (before != phase && claims.compareAndSet(part, before, phase)) {
                    compute.accept(part);
                }
            }
        }

        @Override
        public void close() {
            left.set(index, 0);
            takesStep[index] = false;
            phaser.arriveAndDeregister();
            places.updateAndGet(p -> p & ~(1 << index));
        }
    }
}
