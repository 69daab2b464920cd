package io.firesteel.calibration.sensitivity;

import io.firesteel.FiresteelException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Chooses the layers that are not to run in int8 so that a bound on the loss of accuracy holds, and proves it on other rows.
 *
 * <p>First each layer's effect is measured with it alone in int8: alone, its noise is all that the outputs have, while beside
 * the noise of all others the restoring of one layer hardly shows. Layers are ranked by the loss they cause beyond doubt, then
 * by their noise. Then the networks in which the first 0, 1, 2, 3, 4, 6, 8, 12, ... of the ranking are restored are evaluated
 * on the selection rows, several in a pass, until the bound holds for one, and those between it and the last that failed.
 *
 * <p>The test rows decide: on them the network chosen is evaluated beside the next larger sets, and the bound is tested from the
 * largest set down until it fails; the last for which it held is taken. Testing in an order fixed before the rows were looked
 * at, and stopping at the first failure, keeps the error probability of a single test (W. Maurer, L. Hothorn, W. Lehmacher,
 * Multiple comparisons in drug clinical trials and preclinical assays, 1995).
 */
public final class NestedSearch {

    private static final int SETS_IN_A_PASS = 4;
    private static final double NANOS = 1e9;
    private static final Evaluation.Finished UNHEARD = (index, comparison) -> { };

    private final Evaluation evaluation;
    private final Metric metric;
    private final OptionalDouble bound;
    private final List<SearchStep> steps = new ArrayList<>();
    private double layerSeconds;

    /**
     * What the search found.
     *
     * @param ranking the layers, the one to restore first at the front
     * @param restored how many of them are not in int8
     * @param steps the networks evaluated, in order; those on {@link Part#TEST} last
     * @param proved the step on the test rows of the network that was chosen
     * @param layerRows rows on which each layer's effect was measured
     * @param layerSeconds time that took
     */
    public record Outcome(List<LayerEffect> ranking, int restored, List<SearchStep> steps, SearchStep proved, long layerRows,
            double layerSeconds) {

        public Outcome {
            ranking = List.copyOf(ranking);
            steps = List.copyOf(steps);
        }

        /** Names of the layers that are not in int8. */
        public Set<String> restoredLayers() {
            return first(ranking, restored);
        }

        /** The last step of a number of restored layers on the selection rows. */
        public Optional<SearchStep> selection(int layers) {
            return steps.stream().filter(step -> step.part() == Part.SELECTION && step.restored() == layers).reduce((a, b) -> b);
        }
    }

    /**
     * @param evaluation runs networks
     * @param metric what is bounded
     * @param bound the most that may be lost up to the interval's upper end; empty measures the network with all layers in int8
     */
    public NestedSearch(Evaluation evaluation, Metric metric, OptionalDouble bound) {
        this.evaluation = evaluation;
        this.metric = metric;
        this.bound = bound;
    }

    /**
     * Searches.
     *
     * @param layers the layers that can run in int8
     * @throws FiresteelException {@code BOUND_NOT_MET} naming the best that was found, {@code VALIDATION_ROWS} where the rows
     *     are too few to prove anything
     */
    public Outcome run(List<String> layers) {
        if (layers.isEmpty()) {
            throw FiresteelException.user("NO_INT8_LAYERS", "no layer of the model can run in int8: it has no convolution or product by"
                    + " constants whose data has a threshold");
        }
        requireRows();
        List<LayerEffect> ranking = rank(layers);
        int least = bound.isPresent() ? select(ranking) : 0;
        SearchStep proved = prove(ranking, least);
        return new Outcome(ranking, proved.restored(), steps, proved, evaluation.rows(Part.LAYERS), layerSeconds);
    }

    private void requireRows() {
        long rows = Math.min(evaluation.rows(Part.TEST), bound.isPresent() ? evaluation.rows(Part.SELECTION) : Long.MAX_VALUE);
        long needed = bound.isPresent() && metric.labelled() ? Loss.rowsToProve(bound.getAsDouble()) : 2;
        if (rows < needed) {
            throw FiresteelException.user("VALIDATION_ROWS", "there are " + evaluation.rows(Part.SELECTION) + " rows to select layers by"
                    + " and " + evaluation.rows(Part.TEST) + " to test on; " + (bound.isEmpty() || needed == 2 ? "at least 2 each are needed"
                    : "that the loss of " + metric.label() + " is at most " + bound.getAsDouble() + " takes at least " + needed
                    + " each, even where no row differs") + ": give more rows of other contents" + (bound.isPresent() ? ", or a larger bound" : ""));
        }
    }

    private List<LayerEffect> rank(List<String> layers) {
        long start = System.nanoTime();
        List<Set<String>> alone = new ArrayList<>();
        for (String layer : layers) {
            Set<String> others = new HashSet<>(layers);
            others.remove(layer);
            alone.add(others);
        }
        List<Comparison> comparisons = evaluation.compare(Part.LAYERS, alone, UNHEARD);
        layerSeconds = (System.nanoTime() - start) / NANOS;
        return IntStream.range(0, layers.size()).mapToObj(i -> LayerEffect.of(layers.get(i), comparisons.get(i))).sorted(ORDER).toList();
    }

    /** The layer to restore first at the front; a layer that makes the outputs NaN before all others. */
    static final Comparator<LayerEffect> ORDER = Comparator.comparingDouble(LayerEffect::certainLoss).reversed()
            .thenComparingDouble(effect -> Double.isNaN(effect.signalToNoise()) ? Double.NEGATIVE_INFINITY : effect.signalToNoise())
            .thenComparing(LayerEffect::layer);

    private static Set<String> first(List<LayerEffect> ranking, int count) {
        Set<String> layers = new HashSet<>();
        ranking.subList(0, count).forEach(effect -> layers.add(effect.layer()));
        return Set.copyOf(layers);
    }

    private List<SearchStep> pass(Part part, List<LayerEffect> ranking, List<Integer> counts) {
        long start = System.nanoTime();
        List<Comparison> comparisons = evaluation.compare(part, counts.stream().map(count -> first(ranking, count)).toList(),
                UNHEARD);
        double seconds = (System.nanoTime() - start) / NANOS / counts.size();
        List<SearchStep> pass = new ArrayList<>();
        for (int i = 0; i < counts.size(); i++) {
            Comparison one = comparisons.get(i);
            pass.add(new SearchStep(part, counts.get(i), one.rows(), one.reference(), one.candidate(), one.loss(), seconds));
        }
        steps.addAll(pass);
        return pass;
    }

    private int select(List<LayerEffect> ranking) {
        List<Integer> rungs = rungs(ranking.size());
        for (int from = 0; from < rungs.size(); from += SETS_IN_A_PASS) {
            List<Integer> counts = rungs.subList(from, Math.min(from + SETS_IN_A_PASS, rungs.size()));
            Optional<SearchStep> holds = pass(Part.SELECTION, ranking, counts).stream().filter(this::holds).findFirst();
            if (holds.isPresent()) {
                int found = holds.get().restored();
                int at = rungs.indexOf(found);
                return at == 0 ? found : between(ranking, rungs.get(at - 1), found);
            }
        }
        throw notMet("on the rows to select by", ranking.size());
    }

    /** The fewest restored layers for which the bound holds between a number that failed and one that did not. */
    private int between(List<LayerEffect> ranking, int failed, int found) {
        int low = failed;
        int high = found;
        while (high - low > 1) {
            int from = low;
            int step = Math.max(1, (high - low) / (SETS_IN_A_PASS + 1));
            int below = high;
            List<Integer> counts = IntStream.rangeClosed(1, SETS_IN_A_PASS).map(i -> from + i * step).filter(i -> i < below).boxed().toList();
            List<SearchStep> pass = pass(Part.SELECTION, ranking, counts);
            Optional<SearchStep> holds = pass.stream().filter(this::holds).findFirst();
            high = holds.map(SearchStep::restored).orElse(high);
            int limit = high;
            low = counts.stream().filter(i -> i < limit).reduce((a, b) -> b).orElse(low);
        }
        return high;
    }

    private SearchStep prove(List<LayerEffect> ranking, int least) {
        List<Integer> counts = new ArrayList<>(List.of(least));
        if (bound.isPresent()) {
            rungs(ranking.size()).stream().filter(rung -> rung > least).limit(SETS_IN_A_PASS - 1).forEach(counts::add);
        }
        List<SearchStep> pass = pass(Part.TEST, ranking, counts);
        if (bound.isEmpty()) {
            return pass.get(0);
        }
        SearchStep proved = null;
        for (int i = pass.size() - 1; i >= 0 && holds(pass.get(i)); i--) {
            proved = pass.get(i);
        }
        if (proved == null) {
            throw notMet("on the rows to test on, though it did on those to select by", ranking.size());
        }
        return proved;
    }

    private boolean holds(SearchStep step) {
        return step.loss().within(bound.getAsDouble());
    }

    /** How many layers to restore: 0, 1, 2, 3, 4, 6, 8, 12, 16, 24, ... and all but one. */
    static List<Integer> rungs(int layers) {
        List<Integer> rungs = new ArrayList<>();
        for (int rung = 0; rung < layers; rung += rung < 4 ? 1 : Integer.highestOneBit(rung) / 2) {
            rungs.add(rung);
        }
        if (rungs.get(rungs.size() - 1) < layers - 1) {
            rungs.add(layers - 1);
        }
        return rungs;
    }

    private FiresteelException notMet(String where, int layers) {
        Part part = steps.get(steps.size() - 1).part();
        SearchStep best = steps.stream().filter(step -> step.part() == part)
                .min(Comparator.comparingDouble(step -> Double.isNaN(step.loss().high()) ? Double.POSITIVE_INFINITY : step.loss().high()))
                .orElseThrow();
        return FiresteelException.user("BOUND_NOT_MET", String.format(Locale.ROOT, "a loss of %s of at most %s up to the upper end of its 95%%"
                + " interval does not hold %s; the best found restores %d of %d layers and loses %s on %d rows: give more rows, a larger bound,"
                + " or calibrate by another method", metric.label(), bound.getAsDouble(), where, best.restored(), layers, best.loss(), best.rows())
                + (Double.isNaN(best.loss().value()) ? "; outputs are not finite for some of the rows: leave those rows out" : ""));
    }
}
