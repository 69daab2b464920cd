package io.firesteel.backend.cuda.dnn;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.backend.Configurations;
import io.firesteel.backend.Constants;
import io.firesteel.backend.Trials;
import io.firesteel.tensor.Tensor;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("gpu")
class GraphPlansTest {

    private static final Set<EngineConfiguration.Note> REFUSED = Set.of(EngineConfiguration.Note.NONDETERMINISTIC);

    /** Configurations of one table, and what may be timed. */
    private record Table(Map<String, String> settled, Trials trials) implements Constants, Configurations {

        @Override
        public long prepared(Tensor constant, Object form, long bytes, Preparation preparation) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long linear(Tensor constant) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Configurations configurations() {
            return this;
        }

        @Override
        public Optional<String> of(String subject) {
            return Optional.ofNullable(settled.get(subject));
        }

        @Override
        public void settle(String subject, String configuration) {
            settled.put(subject, configuration);
        }
    }

    /** A convolution of 1x1 with an activation; {@code channels} tells one test's from another's. */
    private static DnnGraph graph(long channels) {
        DnnGraph.Builder graph = new DnnGraph.Builder();
        GraphTensor x = memory(graph, 8, channels, 14);
        GraphTensor w = memory(graph, 64, channels, 1);
        GraphTensor y = memory(graph, 8, 64, 14);
        GraphTensor sum = graph.virtual(ElementType.FLOAT, y.sizes(), y.strides());
        List<Long> ones = List.of(1L, 1L);
        List<Long> zeros = List.of(0L, 0L);
        graph.add(new GraphOperation.Convolution(x, w, sum, new Window(ones, ones, zeros, zeros)));
        new PointwiseEmitter(graph, sum).emit(PointwiseMode.RELU, sum);
        graph.finishInto(y);
        return graph.build();
    }

    private static GraphTensor memory(DnnGraph.Builder graph, long n, long c, long size) {
        List<Long> sizes = List.of(n, c, size, size);
        return graph.memory(ElementType.HALF, sizes, Dimensions.channelsLast(sizes));
    }

    private static EngineConfiguration planned(DnnGraph graph, Table table) {
        return DnnDevice.of(DeviceLayerCheck.context()).plan(graph, REFUSED, table).configuration();
    }

    @Test
    void whatTrialsFindIsSettledOn() {
        DnnGraph graph = graph(72);
        Table table = new Table(new HashMap<>(), index -> index < 4);

        EngineConfiguration fastest = planned(graph, table);

        assertThat(table.settled).containsExactly(Map.entry(graph.signature(), fastest.toString()));
        assertThat(planned(graph, new Table(table.settled, Trials.NONE))).isEqualTo(fastest);
    }

    @Test
    void aTablesConfigurationIsTakenThoughTrialsFoundAnother() {
        DnnGraph graph = graph(80);
        EngineConfiguration fastest = planned(graph, new Table(new HashMap<>(), index -> index < 4));
        Set<EngineConfiguration> others = new LinkedHashSet<>();
        DnnDevice device = DnnDevice.of(DeviceLayerCheck.context());
        device.withHandle(handle -> {
            try (NativeGraph described = new NativeGraph(graph, handle)) {
                return others.addAll(EngineConfiguration.candidates(described, REFUSED));
            }
        });
        others.remove(fastest);
        assertThat(others).isNotEmpty();

        List<EngineConfiguration> taken = others.stream().limit(4)
                .map(other -> planned(graph, new Table(new HashMap<>(Map.of(graph.signature(), other.toString())), Trials.NONE))).toList();

        // One that cuDNN recommends but cannot make gives way to the fastest.
        assertThat(taken).allMatch(c -> c.equals(fastest) || others.contains(c));
        assertThat(taken).anyMatch(others::contains);
        assertThat(planned(graph, new Table(new HashMap<>(), Trials.NONE))).isEqualTo(fastest);
    }

    @Test
    void nothingIsTimedWhenTrialsAreOver() {
        DnnGraph graph = graph(88);
        Table table = new Table(new HashMap<>(), new Trials() {

            private boolean over;

            @Override
            public boolean permits(int index) {
                over = true;
                return index < 2;
            }

            @Override
            public boolean areOver() {
                return over;
            }
        });

        assertThat(planned(graph, table)).isNotNull();
        assertThat(table.settled).isEmpty();
    }
}
