package io.firesteel.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StepPairTest {

    private static final int PARTS = 5;

    private final ExecutorService threads = Executors.newFixedThreadPool(2);

    @AfterEach
    void end() throws InterruptedException {
        threads.shutdown();
        assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }

    /** What members put down before a step, and for each of them what each part made of it. */
    private final AtomicIntegerArray given = new AtomicIntegerArray(StepPair.MEMBERS);
    private final AtomicIntegerArray made = new AtomicIntegerArray(StepPair.MEMBERS * PARTS);

    private final StepPair pair = new StepPair(PARTS, this::compute);

    private void compute(int part) {
        for (int m = 0; m < StepPair.MEMBERS; m++) {
            if (pair.takesStep(m)) {
                made.set(m * PARTS + part, given.get(m) + part);
            }
        }
    }

    private void steps(StepPair.Member member, int from, int count) {
        for (int s = from; s < from + count; s++) {
            given.set(member.index(), 1000 * s);
            member.step();
            for (int part = 0; part < PARTS; part++) {
                assertThat(made.get(member.index() * PARTS + part)).isEqualTo(1000 * s + part);
            }
        }
    }

    @Test
    void oneAloneWaitsForNobody() {
        for (int run = 0; run < 3; run++) {
            try (StepPair.Member member = pair.join(4)) {
                steps(member, run, 4);
                member.help();
            }
        }
        assertThat(pair.members()).isZero();
    }

    @RepeatedTest(20)
    void eachStepSeesWhatItsMemberGave() throws Exception {
        List<Future<?>> runs = new ArrayList<>();
        for (int steps : new int[] {3, 40}) {
            runs.add(threads.submit(() -> {
                for (int run = 0; run < 50; run++) {
                    StepPair.Member joined;
                    synchronized (pair) {
                        joined = pair.join(steps);
                    }
                    try (joined) {
                        steps(joined, run, steps);
                        joined.help();
                    }
                }
            }));
        }
        for (Future<?> run : runs) {
            run.get();
        }
        assertThat(pair.members()).isZero();
    }

    @Test
    void helpsTheOtherToItsEnd() throws Exception {
        try (StepPair.Member shorter = pair.join(1)) {
            StepPair.Member longer = pair.join(6);
            Future<?> other = threads.submit(() -> {
                try (longer) {
                    steps(longer, 0, 6);
                }
            });
            steps(shorter, 0, 1);
            shorter.help();
            other.get();
        }
    }

    @Test
    void goesOnWithoutOneThatLeaves() throws Exception {
        StepPair.Member leaving = pair.join(10);
        try (StepPair.Member staying = pair.join(10)) {
            Future<?> other = threads.submit(() -> {
                steps(leaving, 0, 4);
                leaving.close();
            });
            steps(staying, 0, 10);
            staying.help();
            other.get();
        }
        assertThat(pair.hasRoom()).isTrue();
    }

    @Test
    void oneFailureReachesBothAndThePairIsNotJoinedAgain() {
        StepPair pair = new StepPair(PARTS, part -> {
            throw new IllegalStateException("part failed");
        });
        try (StepPair.Member here = pair.join(5)) {
            StepPair.Member there = pair.join(5);
            Future<?> other = threads.submit(() -> {
                try (there) {
                    there.step();
                }
            });
            assertThatThrownBy(here::step).isInstanceOf(FiresteelException.class).hasMessageContaining("part failed");
            assertThatThrownBy(other::get).isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(FiresteelException.class);
        }
        assertThat(pair.hasRoom()).isFalse();
    }
}
