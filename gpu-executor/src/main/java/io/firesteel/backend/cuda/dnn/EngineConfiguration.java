package io.firesteel.backend.cuda.dnn;

import io.firesteel.FiresteelException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * One way in which cuDNN computes a graph; with the same version of cuDNN on the same kind of device it can be made again from
 * these numbers.
 *
 * @param engine number of the engine
 * @param knobs values of the engine's knobs by their type
 */
record EngineConfiguration(long engine, SortedMap<Integer, Long> knobs) {

    private static final int MODE_FALLBACK = 2;
    private static final int MODE_A = 3;
    private static final int CANDIDATES = 24;
    private static final int KNOB_TYPES = 64;
    private static final int NOTES = 16;

    /** What cuDNN says of an engine's arithmetic. */
    enum Note {
        TENSOR_CORE,
        DOWN_CONVERT_INPUTS,
        REDUCED_PRECISION_REDUCTION,
        FFT,
        NONDETERMINISTIC,
        WINOGRAD,
        WINOGRAD_4X4,
        WINOGRAD_6X6,
        WINOGRAD_13X13,
        STRICT_NAN
    }

    EngineConfiguration {
        knobs = Collections.unmodifiableSortedMap(new TreeMap<>(knobs));
    }

    /** Its form in tactic tables, which {@link #parse} reads: {@code e38 k2=11 k14=3}. */
    @Override
    public String toString() {
        return "e" + engine + knobs.entrySet().stream().map(k -> " k" + k.getKey() + "=" + k.getValue())
                .collect(Collectors.joining());
    }

    /** Reads what {@link #toString} wrote; empty where the text is damaged. */
    static Optional<EngineConfiguration> parse(String text) {
        SortedMap<Integer, Long> knobs = new TreeMap<>();
        String[] parts = text.split(" ");
        try {
            for (int i = 1; i < parts.length; i++) {
                int equals = parts[i].indexOf('=');
                knobs.put(Integer.parseInt(parts[i].substring(1, equals)), Long.parseLong(parts[i].substring(equals + 1)));
            }
            return Optional.of(new EngineConfiguration(Long.parseLong(parts[0].substring(1)), knobs));
        } catch (IndexOutOfBoundsException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /**
     * What cuDNN's heuristics recommend, the best guess first.
     *
     * @param refused notes of engines that must not be taken
     */
    static List<EngineConfiguration> candidates(NativeGraph graph, Set<Note> refused) {
        List<Set<EngineConfiguration>> modes = new ArrayList<>();
        for (int mode : new int[] {MODE_A, MODE_FALLBACK}) {
            Set<EngineConfiguration> result = new LinkedHashSet<>();
            modes.add(result);
            try (Descriptor heuristic = Descriptor.make(DescriptorKind.ENGINE_HEURISTIC,
                    d -> d.set(Attribute.HEURISTIC_GRAPH, graph.descriptor()).set(Attribute.HEURISTIC_MODE, mode))) {
                read(heuristic, refused, result);
            } catch (FiresteelException e) {
                if (!e.code().equals(DnnStatus.UNSUPPORTED)) {
                    throw e;
                }
            }
        }
        return alternating(modes);
    }

    /** The fallback's first is often faster than what mode A recommends, so they take turns. */
    private static List<EngineConfiguration> alternating(List<Set<EngineConfiguration>> modes) {
        Set<EngineConfiguration> result = new LinkedHashSet<>();
        List<List<EngineConfiguration>> lists = modes.stream().map(List::copyOf).toList();
        for (int i = 0; i < CANDIDATES; i++) {
            for (List<EngineConfiguration> list : lists) {
                if (i < list.size()) {
                    result.add(list.get(i));
                }
            }
        }
        return List.copyOf(result);
    }

    private static void read(Descriptor heuristic, Set<Note> refused, Set<EngineConfiguration> result) {
        List<Descriptor> found = descriptors(DescriptorKind.ENGINE_CONFIGURATION, CANDIDATES);
        try {
            int count = heuristic.get(Attribute.HEURISTIC_RESULTS, found);
            for (Descriptor configuration : found.subList(0, count)) {
                try (Descriptor engine = new Descriptor(DescriptorKind.ENGINE)) {
                    configuration.get(Attribute.CONFIGURATION_ENGINE, List.of(engine));
                    if (notes(engine).stream().noneMatch(refused::contains)) {
                        result.add(new EngineConfiguration(engine.get(Attribute.ENGINE_NUMBER, 1)[0], knobs(configuration)));
                    }
                }
            }
        } finally {
            found.forEach(Descriptor::close);
        }
    }

    private static Set<Note> notes(Descriptor engine) {
        Set<Note> notes = new LinkedHashSet<>();
        for (long code : engine.get(Attribute.ENGINE_NUMERICAL_NOTES, NOTES)) {
            if (code >= 0 && code < Note.values().length) {
                notes.add(Note.values()[(int) code]);
            }
        }
        return notes;
    }

    private static SortedMap<Integer, Long> knobs(Descriptor configuration) {
        SortedMap<Integer, Long> knobs = new TreeMap<>();
        List<Descriptor> choices = descriptors(DescriptorKind.KNOB_CHOICE, KNOB_TYPES);
        try {
            int count = configuration.get(Attribute.CONFIGURATION_KNOBS, choices);
            for (Descriptor choice : choices.subList(0, count)) {
                knobs.put((int) choice.get(Attribute.KNOB_TYPE, 1)[0], choice.get(Attribute.KNOB_VALUE, 1)[0]);
            }
        } finally {
            choices.forEach(Descriptor::close);
        }
        return knobs;
    }

    private static List<Descriptor> descriptors(DescriptorKind kind, int count) {
        List<Descriptor> result = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            result.add(new Descriptor(kind));
        }
        return result;
    }

    /** Makes the plan; slow where the engine compiles its kernel. Fails as unsupported where the engine cannot compute the graph. */
    ExecutionPlan plan(NativeGraph graph, DnnHandle handle) {
        List<Descriptor> owned = new ArrayList<>();
        try {
            Descriptor chosen = own(owned, Descriptor.make(DescriptorKind.ENGINE,
                    d -> d.set(Attribute.ENGINE_GRAPH, graph.descriptor()).set(Attribute.ENGINE_NUMBER, engine)));
            Descriptor[] choices = knobs.entrySet().stream().map(knob -> own(owned, Descriptor.make(DescriptorKind.KNOB_CHOICE,
                    d -> d.set(Attribute.KNOB_TYPE, knob.getKey()).set(Attribute.KNOB_VALUE, knob.getValue()))))
                    .toArray(Descriptor[]::new);
            Descriptor configuration = own(owned, Descriptor.make(DescriptorKind.ENGINE_CONFIGURATION, d -> {
                d.set(Attribute.CONFIGURATION_ENGINE, chosen);
                if (choices.length > 0) {
                    d.set(Attribute.CONFIGURATION_KNOBS, choices);
                }
            }));
            Descriptor plan = Descriptor.make(DescriptorKind.EXECUTION_PLAN,
                    d -> d.set(Attribute.PLAN_HANDLE, handle.address()).set(Attribute.PLAN_CONFIGURATION, configuration));
            return new ExecutionPlan(this, plan);
        } finally {
            Collections.reverse(owned);
            owned.forEach(Descriptor::close);
        }
    }

    private static Descriptor own(List<Descriptor> owned, Descriptor descriptor) {
        owned.add(descriptor);
        return descriptor;
    }
}
