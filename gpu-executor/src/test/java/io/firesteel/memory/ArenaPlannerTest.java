package io.firesteel.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ArenaPlannerTest {

    @Test
    void blocksThatLiveTogetherNeverOverlap() {
        Random random = new Random(1);
        for (int round = 0; round < 300; round++) {
            List<ArenaPlanner.Block> blocks = randomBlocks(random, 1 + random.nextInt(80));
            ArenaPlan plan = ArenaPlanner.plan(blocks);
            for (int i = 0; i < blocks.size(); i++) {
                assertThat(plan.offsets().get(i) % NativeMemory.ALIGNMENT).isZero();
                assertThat(plan.offsets().get(i) + blocks.get(i).bytes()).isLessThanOrEqualTo(plan.bytes());
                for (int j = 0; j < i; j++) {
                    if (blocks.get(i).first() <= blocks.get(j).last() && blocks.get(j).first() <= blocks.get(i).last()) {
                        long a = plan.offsets().get(i);
                        long b = plan.offsets().get(j);
                        assertThat(a + blocks.get(i).bytes() <= b || b + blocks.get(j).bytes() <= a)
                                .as("blocks %s at %s and %s at %s", blocks.get(i), a, blocks.get(j), b).isTrue();
                    }
                }
            }
        }
    }

    @Test
    void theArenaIsNeverSmallerThanItsLowerBoundAndMostlyNotMuchLarger() {
        Random random = new Random(2);
        double excess = 0;
        int rounds = 100;
        for (int round = 0; round < rounds; round++) {
            ArenaPlan plan = ArenaPlanner.plan(randomBlocks(random, 60));
            assertThat(plan.bytes()).isGreaterThanOrEqualTo(plan.lowerBound());
            excess += (double) plan.bytes() / plan.lowerBound() - 1;
        }
        assertThat(excess / rounds).isLessThan(0.05);
    }

    @Test
    void aChainNeedsTwoNeighboursOnly() {
        List<ArenaPlanner.Block> chain = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            chain.add(new ArenaPlanner.Block(1000 * (i + 1), i, i + 1));
        }
        ArenaPlan plan = ArenaPlanner.plan(chain);
        assertThat(plan.lowerBound()).isEqualTo(ArenaPlanner.align(9000) + ArenaPlanner.align(10000));
        assertThat(plan.bytes()).isEqualTo(plan.lowerBound());
    }

    @Test
    void thePlanIsRepeatable() {
        List<ArenaPlanner.Block> blocks = randomBlocks(new Random(3), 70);
        assertThat(ArenaPlanner.plan(blocks)).isEqualTo(ArenaPlanner.plan(blocks));
    }

    @Test
    void nothingNeedsNothing() {
        assertThat(ArenaPlanner.plan(List.of())).isEqualTo(new ArenaPlan(List.of(), 0, 0));
        assertThat(ArenaPlanner.plan(List.of(new ArenaPlanner.Block(0, 0, 3))).bytes()).isZero();
    }

    @Test
    void lifetimesRunForward() {
        assertThatThrownBy(() -> new ArenaPlanner.Block(1, 3, 2)).isInstanceOf(IllegalArgumentException.class);
    }

    private static List<ArenaPlanner.Block> randomBlocks(Random random, int count) {
        List<ArenaPlanner.Block> blocks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int first = random.nextInt(50);
            int length = random.nextInt(10) == 0 ? random.nextInt(40) : random.nextInt(4);
            blocks.add(new ArenaPlanner.Block(1 + random.nextInt(1 << random.nextInt(1, 20)), first, first + length));
        }
        return blocks;
    }
}
