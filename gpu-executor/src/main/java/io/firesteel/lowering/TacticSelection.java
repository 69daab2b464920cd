package io.firesteel.lowering;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backend;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorLayout;
import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.View;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Placement, layout and precision: chooses for each node, in topological order, the backend and the tactic that cost least
 * with the layout conversions their inputs need, and those their result would need at its consumers.
 */
final class TacticSelection {

    private final Bucket bucket;
    private final Graph graph;
    private final List<Backend> backends;
    private final PermittedPrecision precision;
    private final TacticCosts costs;
    private final Map<String, Choice> choices = new HashMap<>();
    private final Map<String, Offer> offers = new HashMap<>();
    private final Map<String, Backend> offering = new HashMap<>();
    private final Map<String, String> refusals = new HashMap<>();
    private final Map<Tactic, Double> known = new IdentityHashMap<>();
    private final Map<String, List<TensorLayout>> available = new HashMap<>();

    private TacticSelection(Bucket bucket, List<Backend> backends, PermittedPrecision precision, TacticCosts costs) {
        this.bucket = bucket;
        this.graph = bucket.graph();
        this.backends = backends;
        this.precision = precision;
        this.costs = costs;
    }

    /**
     * Chooses for every node.
     *
     * @param backends in order of preference; the evaluator on host values comes after them
     * @param costs what tactics cost, asked where a layer has several
     * @return by node name
     */
    static Map<String, Choice> select(Bucket bucket, List<Backend> backends, PermittedPrecision precision, TacticCosts costs) {
        Graph graph = bucket.graph();
        TacticSelection selection = new TacticSelection(bucket, backends, precision, costs);
        selection.collectOffers();
        costs.survey(selection.alternatives());
        for (String input : graph.inputs()) {
            if (graph.type(input) instanceof TensorType type && type.isStatic()) {
                selection.available.put(input, new ArrayList<>(List.of(TensorLayout.linear(type))));
            }
        }
        graph.nodes().forEach(selection::choose);
        return selection.choices;
    }

    private void collectOffers() {
        for (Node node : graph.nodes()) {
            if (bucket.isStatic(node) && !isView(node)) {
                List<String> reasons = new ArrayList<>();
                for (Backend backend : backends) {
                    Offer offer = bucket.offer(node, backend, precision.of(node, backend));
                    if (!offer.tactics().isEmpty()) {
                        offers.put(node.name(), offer);
                        offering.put(node.name(), backend);
                        break;
                    }
                    reasons.add(backend.device().label() + ": " + offer.reason());
                }
                refusals.put(node.name(), String.join("; ", reasons));
            }
        }
    }

    private List<TacticCosts.Alternatives> alternatives() {
        return graph.nodes().stream().filter(n -> offers.containsKey(n.name()))
                .map(n -> new TacticCosts.Alternatives(layer(n), offers.get(n.name()).tactics())).toList();
    }

    private Layer layer(Node node) {
        return new Layer(graph, node, precision.of(node, offering.get(node.name())));
    }

    private String reason(Node node) {
        String overflow = precision.reason(node, offering.get(node.name()));
        return overflow == null ? refusals.get(node.name()) : overflow;
    }

    private boolean isView(Node node) {
        return node.operator() instanceof View && graph.constant(node.input(0)).isEmpty() && bucket.isStatic(node);
    }

    private void choose(Node node) {
        if (isView(node)) {
            TensorLayout input = plainest(node.input(0));
            available.put(node.output(), new ArrayList<>(List.of(
                    TensorLayout.linear(graph.tensor(node.output()).withDataType(input.dataType())))));
            choices.put(node.name(), new Choice.AsView(node));
        } else if (offers.containsKey(node.name())) {
            if (!chooseSlices(node)) {
                chooseTactic(node);
            }
        } else {
            for (String output : node.outputs()) {
                if (!output.isEmpty() && graph.type(output) instanceof TensorType type && type.isStatic()) {
                    available.put(output, new ArrayList<>(List.of(TensorLayout.linear(type))));
                }
            }
            choices.put(node.name(), new Choice.OnHost(node, bucket.isStatic(node) ? refusals.get(node.name())
                    : "sizes depend on data, or values are not tensors"));
        }
    }

    /** Splits into slices where a consumer can read one; parts that others read are copied for them. */
    private boolean chooseSlices(Node node) {
        if (node.inputs().isEmpty() || !available.containsKey(node.input(0))) {
            return false;
        }
        Optional<List<TensorLayout>> parts = ChannelSplit.parts(graph, node, available.get(node.input(0)).get(0));
        if (parts.isEmpty()) {
            return false;
        }
        boolean useful = false;
        for (int i = 0; i < node.outputs().size(); i++) {
            String value = node.outputs().get(i);
            TensorLayout part = parts.get().get(i);
            useful |= graph.consumers(value).stream().anyMatch(c -> readsSlice(c, value, part));
        }
        if (useful) {
            for (int i = 0; i < node.outputs().size(); i++) {
                available.put(node.outputs().get(i), new ArrayList<>(List.of(parts.get().get(i))));
            }
            choices.put(node.name(), new Choice.AsSlices(node));
        }
        return useful;
    }

    private boolean readsSlice(Node consumer, String value, TensorLayout part) {
        Offer offer = offers.get(consumer.name());
        int index = consumer.inputs().indexOf(value);
        return offer != null && offer.tactics().stream().anyMatch(t -> part.equals(t.inputs().get(index)) && t.readsSlice(index));
    }

    private void chooseTactic(Node node) {
        Tactic best = null;
        double bestCost = Double.POSITIVE_INFINITY;
        List<Tactic> tactics = offers.get(node.name()).tactics();
        Layer layer = layer(node);
        for (Tactic tactic : tactics) {
            double cost = (tactics.size() == 1 ? tactic.cost() : cost(layer, tactic)) + inputCost(node, tactic) + outputCost(node, tactic);
            if (cost < bestCost) {
                best = tactic;
                bestCost = cost;
            }
        }
        if (best == null) {
            throw FiresteelException.internal("no tactic for node '" + node.name() + "' has a finite cost", null);
        }
        for (int i = 0; i < node.inputs().size(); i++) {
            TensorLayout wanted = best.inputs().get(i);
            List<TensorLayout> there = available.get(node.input(i));
            if (wanted != null && there != null && there.stream().noneMatch(wanted::sameMemory)) {
                there.add(wanted);
            }
        }
        for (int i = 0; i < node.outputs().size(); i++) {
            if (best.outputs().get(i) != null) {
                available.put(node.outputs().get(i), new ArrayList<>(List.of(best.outputs().get(i))));
            }
        }
        choices.put(node.name(), new Choice.AsKernel(node, offering.get(node.name()), best, reason(node)));
    }

    private double cost(Layer layer, Tactic tactic) {
        Double cost = known.get(tactic);
        if (cost == null) {
            cost = costs.cost(layer, tactic);
            known.put(tactic, cost);
        }
        return cost;
    }

    private double inputCost(Node node, Tactic tactic) {
        double cost = 0;
        for (int i = 0; i < node.inputs().size(); i++) {
            TensorLayout wanted = tactic.inputs().get(i);
            List<TensorLayout> there = available.get(node.input(i));
            if (wanted != null && there != null && there.stream().noneMatch(wanted::sameMemory)) {
                cost += costs.conversion(there.get(0), wanted);
            }
        }
        return cost;
    }

    /** What converting the outputs would cost, where consumers cannot read them as this tactic writes them. */
    private double outputCost(Node node, Tactic tactic) {
        double cost = 0;
        for (int i = 0; i < node.outputs().size(); i++) {
            TensorLayout made = tactic.outputs().get(i);
            if (made != null && !readByAll(node.outputs().get(i), made)) {
                cost += costs.conversion(made, made);
            } else if (made != null && costs.areMeasured()) {
                cost += detours(node.outputs().get(i), made);
            }
        }
        return cost;
    }

    /** What a value's consumers would cost more than at best, if they have to read it as it is made or to convert it. */
    private double detours(String value, TensorLayout made) {
        double sum = 0;
        for (Node consumer : graph.consumers(value)) {
            Offer offer = offers.get(consumer.name());
            if (offer != null && offer.tactics().size() > 1) {
                double best = Double.POSITIVE_INFINITY;
                double here = Double.POSITIVE_INFINITY;
                for (Tactic tactic : offer.tactics()) {
                    double cost = cost(layer(consumer), tactic);
                    best = Math.min(best, cost);
                    here = Math.min(here, cost + (reads(tactic, consumer, value, made) ? 0 : costs.conversion(made, made)));
                }
                sum += here - best;
            }
        }
        return sum;
    }

    private boolean readByAll(String value, TensorLayout made) {
        TensorLayout linear = TensorLayout.linear(made.type());
        if (graph.isOutput(value) && !made.sameMemory(TensorLayout.linear(graph.tensor(value)))) {
            return false;
        }
        for (Node consumer : graph.consumers(value)) {
            Offer offer = offers.get(consumer.name());
            if (offer == null ? !made.sameMemory(linear) : offer.tactics().stream().noneMatch(t -> reads(t, consumer, value, made))) {
                return false;
            }
        }
        return true;
    }

    private static boolean reads(Tactic tactic, Node consumer, String value, TensorLayout made) {
        for (int i = 0; i < consumer.inputs().size(); i++) {
            TensorLayout wanted = tactic.inputs().get(i);
            if (consumer.inputs().get(i).equals(value) && wanted != null && !wanted.sameMemory(made)) {
                return false;
            }
        }
        return true;
    }

    private TensorLayout plainest(String value) {
        List<TensorLayout> there = available.get(value);
        return there.stream().filter(l -> l.sameMemory(TensorLayout.linear(l.type()))).findFirst().orElseGet(() -> {
            TensorLayout linear = TensorLayout.linear(there.get(0).type());
            there.add(linear);
            return linear;
        });
    }
}
