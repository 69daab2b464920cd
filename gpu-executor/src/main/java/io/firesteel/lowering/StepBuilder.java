package io.firesteel.lowering;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorLayout;
import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Turns choices into steps: inserts layout conversions, shares memory for views, slices and in-place results. */
final class StepBuilder {

    private final Graph graph;
    private final Map<String, Choice> choices;
    private final ConcatElimination concats;
    private final Backend device;
    private final Buffers buffers;
    private final List<StepDraft> drafts = new ArrayList<>();
    private final Map<String, List<Place>> places = new HashMap<>();
    private final Map<String, Integer> slots = new HashMap<>();

    StepBuilder(Graph graph, Map<String, Choice> choices, ConcatElimination concats, Backend device) {
        this.graph = graph;
        this.choices = choices;
        this.concats = concats;
        this.device = device;
        this.buffers = new Buffers(graph);
    }

    Program build() {
        List<Source> inputs = new ArrayList<>();
        for (String input : graph.inputs()) {
            inputs.add(isStatic(input) ? newPlace(input, TensorLayout.linear(graph.tensor(input))) : slot(input));
        }
        inputs.forEach(i -> buffers.touch(i, Buffers.BEFORE));
        for (Node node : graph.nodes()) {
            Choice choice = choices.get(node.name());
            if (choice instanceof Choice.AsView) {
                view(node);
            } else if (choice instanceof Choice.AsSlices) {
                slices(node);
            } else if (choice instanceof Choice.AsKernel kernel) {
                kernel(node, kernel);
            } else {
                host(node, choice);
            }
            buffers.used(node);
        }
        List<Source> outputs = graph.outputs().stream().map(o -> modelLayout(o.value())).toList();
        outputs.forEach(o -> buffers.touch(o, drafts.size()));
        return buffers.settle(graph, drafts, inputs, outputs, slots.size());
    }

    private boolean isStatic(String value) {
        return graph.type(value) instanceof TensorType type && type.isStatic();
    }

    private Source slot(String value) {
        return new Source.Slot(slots.computeIfAbsent(value, v -> slots.size()));
    }

    private Place newPlace(String value, TensorLayout layout) {
        Place place = concats.slice(value).map(s -> slicePlace(s, layout))
                .orElseGet(() -> new Place(buffers.create(layout.bytes(), List.of(value)), 0, layout));
        add(value, place);
        return place;
    }

    private void add(String value, Place place) {
        places.computeIfAbsent(value, v -> new ArrayList<>()).add(place);
    }

    /** The place of a slice; the memory of the outermost concatenation is made when its first part is written. */
    private Place slicePlace(ConcatElimination.Slice slice, TensorLayout layout) {
        Place whole = wholePlace(slice.whole());
        long offset = whole.offset() + layout.within(whole.layout().parentChannels()).sliceOffset(slice.channel());
        buffers.holds(whole.buffer(), slice.whole());
        return new Place(whole.buffer(), offset, layout.within(whole.layout().parentChannels()));
    }

    private Place wholePlace(String concatenated) {
        if (places.containsKey(concatenated)) {
            return places.get(concatenated).get(0);
        }
        Node concat = graph.producer(concatenated).orElseThrow();
        TensorLayout layout = ((Choice.AsKernel) choices.get(concat.name())).tactic().outputs().get(0);
        return newPlace(concatenated, layout);
    }

    private void view(Node node) {
        List<Place> there = places.get(node.input(0));
        Place plain = there.stream().filter(p -> p.layout().sameMemory(TensorLayout.linear(p.layout().type()))).findFirst()
                .orElseGet(() -> reordered(node.input(0), TensorLayout.linear(there.get(0).layout().type())));
        TensorLayout layout = TensorLayout.linear(graph.tensor(node.output()).withDataType(plain.layout().dataType()));
        buffers.holds(plain.buffer(), node.output());
        add(node.output(), new Place(plain.buffer(), plain.offset(), layout));
    }

    private void slices(Node node) {
        Place whole = places.get(node.input(0)).get(0);
        List<TensorLayout> parts = ChannelSplit.parts(graph, node, whole.layout()).orElseThrow();
        long channel = 0;
        for (int i = 0; i < parts.size(); i++) {
            TensorLayout part = parts.get(i).within(whole.layout().parentChannels());
            buffers.holds(whole.buffer(), node.outputs().get(i));
            add(node.outputs().get(i), new Place(whole.buffer(), whole.offset() + part.sliceOffset(channel), part));
            channel += part.sizes()[1];
        }
    }

    private void kernel(Node node, Choice.AsKernel choice) {
        Optional<List<Long>> channels = concats.channels(node);
        if (channels.isPresent()) {
            join(node, choice.tactic(), channels.get());
            return;
        }
        Tactic tactic = choice.tactic();
        List<Source> inputs = new ArrayList<>();
        List<TensorLayout> inputLayouts = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            Source source = input(node, tactic, i);
            inputs.add(source);
            inputLayouts.add(source instanceof Place place ? place.layout() : tactic.inputs().get(i));
        }
        if (tactic.viewOf().isPresent()) {
            Place of = (Place) inputs.get(tactic.viewOf().getAsInt());
            buffers.holds(of.buffer(), node.output());
            add(node.output(), new Place(of.buffer(), of.offset(), tactic.outputs().get(0)));
            return;
        }
        int shared = concats.slice(node.output()).isPresent() ? Operands.NOT_IN_PLACE : inPlace(node, tactic, inputs);
        List<Source> outputs = new ArrayList<>();
        List<TensorLayout> outputLayouts = new ArrayList<>();
        for (int i = 0; i < node.outputs().size(); i++) {
            Source output = output(node, tactic, i, i == 0 && shared >= 0 ? (Place) inputs.get(shared) : null);
            outputs.add(output);
            outputLayouts.add(output instanceof Place place ? place.layout() : null);
        }
        emit(new StepDraft.Layer(node, choice.backend(), tactic, new Operands(inputLayouts, outputLayouts, shared), inputs, outputs,
                choice.reason()));
    }

    private Source input(Node node, Tactic tactic, int index) {
        TensorLayout wanted = tactic.inputs().get(index);
        if (wanted == null) {
            return Source.NONE;
        }
        String value = node.input(index);
        if (graph.constant(value).isPresent()) {
            return new Source.Constant(graph.constant(value).get(), wanted);
        }
        for (Place place : places.get(value)) {
            TensorLayout layout = place.layout();
            boolean slice = tactic.readsSlice(index) && layout.format() == wanted.format() && layout.type().equals(wanted.type());
            if (slice || layout.sameMemory(wanted)) {
                return slice ? place : new Place(place.buffer(), place.offset(), wanted);
            }
        }
        return reordered(value, wanted);
    }

    private Source output(Node node, Tactic tactic, int index, Place shared) {
        TensorLayout layout = tactic.outputs().get(index);
        if (layout == null) {
            return Source.NONE;
        }
        String value = node.outputs().get(index);
        if (shared == null) {
            return newPlace(value, layout);
        }
        buffers.holds(shared.buffer(), value);
        Place place = new Place(shared.buffer(), shared.offset(), layout);
        add(value, place);
        return place;
    }

    /** The input whose memory the result may take: nobody else uses it any more. */
    private int inPlace(Node node, Tactic tactic, List<Source> inputs) {
        for (int index : tactic.inPlaceInputs().stream().sorted().toList()) {
            if (inputs.get(index) instanceof Place place && !place.layout().isSlice()
                    && place.layout().bytes() == tactic.outputs().get(0).bytes()
                    && inputs.stream().filter(s -> s instanceof Place p && p.buffer() == place.buffer()).count() == 1
                    && buffers.diesAt(place.buffer(), node)) {
                return index;
            }
        }
        return Operands.NOT_IN_PLACE;
    }

    private void join(Node node, Tactic tactic, List<Long> channels) {
        Place whole = wholePlace(node.output());
        for (int i = 0; i < node.inputs().size(); i++) {
            String value = node.input(i);
            boolean written = concats.slice(value).filter(s -> s.whole().equals(node.output())).isPresent();
            if (!written) {
                TensorLayout part = tactic.inputs().get(i).within(whole.layout().parentChannels());
                Place from = nearest(value, tactic.inputs().get(i));
                copy(value, from, new Place(whole.buffer(), whole.offset() + part.sliceOffset(channels.get(i)), part));
            }
        }
    }

    private Place nearest(String value, TensorLayout wanted) {
        List<Place> there = places.get(value);
        return there.stream().filter(p -> p.layout().sameMemory(wanted)).findFirst().orElse(there.get(0));
    }

    private Place reordered(String value, TensorLayout wanted) {
        Place to = new Place(buffers.create(wanted.bytes(), List.of(value)), 0, wanted);
        copy(value, places.get(value).get(0), to);
        add(value, to);
        return to;
    }

    private void copy(String value, Place from, Place to) {
        emit(new StepDraft.Reorder(value, device, from, to));
    }

    private void host(Node node, Choice choice) {
        List<Source> inputs = node.inputs().stream().map(i -> i.isEmpty() ? Source.NONE : modelLayout(i)).toList();
        List<Source> outputs = new ArrayList<>();
        for (String output : node.outputs()) {
            outputs.add(output.isEmpty() ? Source.NONE
                    : isStatic(output) ? newPlace(output, TensorLayout.linear(graph.tensor(output))) : slot(output));
        }
        emit(new StepDraft.Host(node, inputs, outputs, ((Choice.OnHost) choice).reason()));
    }

    /** A value as the model has it: row-major in its own element type. */
    private Source modelLayout(String value) {
        if (graph.constant(value).isPresent()) {
            return new Source.Constant(graph.constant(value).get(), TensorLayout.linear(graph.tensor(value)));
        }
        if (!isStatic(value)) {
            return slot(value);
        }
        TensorLayout linear = TensorLayout.linear(graph.tensor(value));
        for (Place place : places.get(value)) {
            if (place.layout().sameMemory(linear)) {
                return new Place(place.buffer(), place.offset(), linear);
            }
        }
        return reordered(value, linear);
    }

    private void emit(StepDraft draft) {
        draft.inputs().forEach(s -> buffers.touch(s, drafts.size()));
        draft.outputs().forEach(s -> buffers.touch(s, drafts.size()));
        drafts.add(draft);
    }
}
