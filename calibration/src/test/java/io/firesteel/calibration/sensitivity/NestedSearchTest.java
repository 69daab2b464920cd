package io.firesteel.calibration.sensitivity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.sample.ContentHash;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NestedSearchTest {

    private static final Prediction RIGHT = new Prediction(new float[] {100, 0}, false);

    /** Rows of label 0 on which each layer in int8 makes so many wrong. */
    private record World(Map<String, Integer> lost, int selectionRows, int testRows, int testBelow, List<String> log)
            implements Evaluation {

        @Override
        public long rows(Part part) {
            return part == Part.TEST ? testRows : selectionRows;
        }

        @Override
        public String contents(Part part) {
            return "";
        }

        @Override
        public List<Comparison> compare(Part part, List<Set<String>> restored, Finished finished) {
            log.add(part + " " + restored.size());
            List<Comparison> comparisons = new ArrayList<>();
            for (Set<String> kept : restored) {
                int wrong = part == Part.TEST && kept.size() < testBelow ? 100 : 0;
                float noise = 0;
                for (Map.Entry<String, Integer> layer : lost.entrySet()) {
                    if (!kept.contains(layer.getKey())) {
                        wrong += layer.getValue();
                        noise += layer.getValue() * 0.01f + layer.getKey().hashCode() % 7 * 0.0001f;
                    }
                }
                Comparison one = new Comparison(Metric.TOP1);
                one.add(RIGHT, new Prediction(new float[] {0, 100}, false), 0, wrong);
                one.add(RIGHT, new Prediction(new float[] {100 - noise, 0}, false), 0, (int) rows(part) - wrong);
                comparisons.add(one);
            }
            return comparisons;
        }

        List<String> layers() {
            return lost.keySet().stream().sorted().toList();
        }
    }

    private static World world(int layers, Map<String, Integer> bad, int rows, int testBelow) {
        Map<String, Integer> lost = new HashMap<>();
        IntStream.range(0, layers).forEach(i -> lost.put("layer" + i, 0));
        lost.putAll(bad);
        return new World(lost, rows, rows, testBelow, new ArrayList<>());
    }

    private static NestedSearch.Outcome search(World world, double bound) {
        return new NestedSearch(world, Metric.TOP1, OptionalDouble.of(bound)).run(world.layers());
    }

    @Test
    void saysWhereOutputsAreNotFinite() {
        Prediction none = new Prediction(new float[] {Float.NaN}, false);
        Comparison undefined = new Comparison(Metric.MSE);
        undefined.add(none, none, 0, 10);
        Evaluation evaluation = new Evaluation() {
            @Override
            public long rows(Part part) {
                return 10;
            }

            @Override
            public List<Comparison> compare(Part part, List<Set<String>> restored, Finished finished) {
                return Collections.nCopies(restored.size(), undefined);
            }

            @Override
            public String contents(Part part) {
                return "";
            }
        };
        assertThatThrownBy(() -> new NestedSearch(evaluation, Metric.MSE, OptionalDouble.of(1)).run(List.of("layer")))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("outputs are not finite for some of the rows");
    }

    @Test
    void keepsAllLayersWhereTheBoundHolds() {
        World world = world(40, Map.of("layer3", 2), 5000, 0);
        NestedSearch.Outcome outcome = search(world, 0.003);
        assertThat(outcome.restored()).isZero();
        assertThat(outcome.restoredLayers()).isEmpty();
        assertThat(outcome.proved().rows()).isEqualTo(5000);
        assertThat(outcome.proved().loss()).isEqualTo(Loss.ofCounts(5000, 2, 0));
        assertThat(world.log()).containsExactly("LAYERS 40", "SELECTION 4", "TEST 4");
    }

    @Test
    void restoresTheLayersThatLoseMost() {
        World world = world(60, Map.of("layer7", 200, "layer31", 90, "layer50", 60, "layer2", 20, "layer4", 19, "layer5", 18, "layer6", 17), 5000, 0);
        NestedSearch.Outcome outcome = search(world, 0.003);
        assertThat(outcome.restoredLayers()).contains("layer7", "layer31", "layer50", "layer2", "layer4", "layer5", "layer6");
        assertThat(outcome.restored()).isEqualTo(7);
        assertThat(outcome.ranking()).hasSize(60).extracting(LayerEffect::layer).startsWith("layer7", "layer31", "layer50");
        assertThat(outcome.selection(0).orElseThrow().loss().within(0.003)).isFalse();
        assertThat(outcome.selection(6).orElseThrow().loss().within(0.003)).isFalse();
        assertThat(outcome.selection(7).orElseThrow().loss().within(0.003)).isTrue();
    }

    @Test
    void takesTheNextLargerSetWhereTheTestRowsAskForIt() {
        NestedSearch.Outcome outcome = search(world(60, Map.of("layer7", 200), 5000, 3), 0.003);
        assertThat(outcome.selection(1).orElseThrow().loss().within(0.003)).isTrue();
        assertThat(outcome.restored()).isEqualTo(3);
        assertThatThrownBy(() -> search(world(6, Map.of("layer1", 200), 5000, 6), 0.003)).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("on the rows to test on").hasMessageContaining("best found restores");
        assertThat(outcome.proved().loss().within(0.003)).isTrue();
    }

    @Test
    void namesTheBestFoundWhereTheBoundCannotHold() {
        World world = world(5, Map.of(), 5000, 0);
        Evaluation lossy = new Evaluation() {
            @Override
            public long rows(Part part) {
                return world.rows(part);
            }

            @Override
            public String contents(Part part) {
                return "";
            }

            @Override
            public List<Comparison> compare(Part part, List<Set<String>> restored, Finished finished) {
                return restored.stream().map(kept -> {
                    Comparison one = new Comparison(Metric.TOP1);
                    one.add(RIGHT, new Prediction(new float[] {0, 1}, false), 0, 100 - kept.size());
                    one.add(RIGHT, RIGHT, 0, 4900 + kept.size());
                    return one;
                }).toList();
            }
        };
        assertThatThrownBy(() -> new NestedSearch(lossy, Metric.TOP1, OptionalDouble.of(0.003)).run(world.layers()))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("at most 0.003").hasMessageContaining("restores 4 of 5 layers and loses 0.0192")
                .hasMessageContaining("on 5000 rows");
    }

    @Test
    void measuresWithoutABound() {
        World world = world(9, Map.of("layer3", 400), 1000, 0);
        NestedSearch.Outcome outcome = new NestedSearch(world, Metric.TOP1, OptionalDouble.empty()).run(world.layers());
        assertThat(outcome.restored()).isZero();
        assertThat(outcome.proved().loss()).isEqualTo(Loss.ofCounts(1000, 400, 0));
        assertThat(world.log()).containsExactly("LAYERS 9", "TEST 1");
    }

    @Test
    void saysHowManyRowsABoundTakes() {
        assertThatThrownBy(() -> search(world(3, Map.of(), 180, 0), 0.003)).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("180 rows to select").hasMessageContaining("at least 1277");
    }

    @Test
    void dividesContentsInHalves() {
        long selection = IntStream.range(0, 10_000).mapToObj(i -> ContentHash.of(new byte[] {(byte) i, (byte) (i >> 8)}))
                .filter(hash -> Part.of(hash) == Part.SELECTION).count();
        assertThat(selection).isBetween(4800L, 5200L);
        assertThat(NestedSearch.rungs(20)).containsExactly(0, 1, 2, 3, 4, 6, 8, 12, 16, 19);
        assertThat(NestedSearch.rungs(1)).containsExactly(0);
    }

    @Test
    void survivesAsBytes() {
        NestedSearch.Outcome outcome = search(world(4, Map.of("layer1", 100), 5000, 0), 0.003);
        SensitivityTable table = new SensitivityTable("abc", "top1", 0.003, outcome.ranking().stream()
                .map(effect -> new SensitivityTable.Layer(effect, "int8", "within the bound", 0.25)).toList(), outcome.steps(), 256, 1.5, 4, 9.25);
        assertThat(SensitivityTable.fromBytes(table.toBytes())).isEqualTo(table);
        assertThat(table.int8Layers()).isEqualTo(4);
        byte[] damaged = table.toBytes();
        damaged[40]++;
        assertThatThrownBy(() -> SensitivityTable.fromBytes(damaged)).isInstanceOf(FiresteelException.class).hasMessageContaining("checksum");
    }
}
