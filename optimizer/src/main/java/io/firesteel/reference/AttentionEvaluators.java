package io.firesteel.reference;

import io.firesteel.graph.Graph;
import io.firesteel.op.Attentions;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Evaluators of {@link Attentions.Attention} and {@link Attentions.FlexAttention}, computed in double. */
public final class AttentionEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Attentions.Attention.class, (op, in) -> new Run(op, in).outputs());
        registry.add(Attentions.FlexAttention.class, AttentionEvaluators::flex);
    }

    /** Elements as [batch, heads, places, size], whether heads had an axis of their own or not. */
    record Heads(double[] values, int batch, int heads, int places, int size) {

        static Heads of(Tensor tensor, long headsIfPacked) {
            double[] values = Elements.read(tensor);
            int batch = Math.toIntExact(tensor.size(0));
            if (tensor.rank() == 4) {
                return new Heads(values, batch, (int) tensor.size(1), (int) tensor.size(2), (int) tensor.size(3));
            }
            int heads = Math.toIntExact(headsIfPacked);
            int places = (int) tensor.size(1);
            int size = (int) (tensor.size(2) / heads);
            double[] apart = new double[values.length];
            for (int row = 0; row < batch * places * heads; row++) {
                int h = row % heads;
                int t = row / heads % places;
                int b = row / heads / places;
                System.arraycopy(values, row * size, apart, ((b * heads + h) * places + t) * size, size);
            }
            return new Heads(apart, batch, heads, places, size);
        }

        /** This after earlier places. */
        Heads after(Heads earlier) {
            int total = earlier.places + places;
            double[] all = new double[batch * heads * total * size];
            for (int i = 0; i < batch * heads; i++) {
                System.arraycopy(earlier.values, i * earlier.places * size, all, i * total * size, earlier.places * size);
                System.arraycopy(values, i * places * size, all, (i * total + earlier.places) * size, places * size);
            }
            return new Heads(all, batch, heads, total, size);
        }

        int at(int b, int h, int t) {
            return ((b * heads + h) * places + t) * size;
        }

        /** As a tensor with heads on an axis of their own. */
        Tensor apart(DataType type) {
            return Elements.tensor(type, new long[] {batch, heads, places, size}, values);
        }

        /** As a tensor of the rank. */
        Tensor ofRank(int rank, DataType type) {
            if (rank == 4) {
                return apart(type);
            }
            double[] packed = new double[values.length];
            for (int row = 0; row < batch * places * heads; row++) {
                System.arraycopy(values, at(row / heads / places, row % heads, row / heads % places), packed, row * size, size);
            }
            return Elements.tensor(type, new long[] {batch, places, (long) heads * size}, packed);
        }
    }

    /** {@code scale * Q K^T} as [batch, heads, queries, keys]. */
    private static double[] products(Heads q, Heads k, Optional<Float> givenScale) {
        double scale = givenScale.map(Float::doubleValue).orElse(1 / Math.sqrt(q.size));
        double[] scores = new double[Math.multiplyExact(q.batch * q.heads, q.places * k.places)];
        int at = 0;
        for (int b = 0; b < q.batch; b++) {
            for (int h = 0; h < q.heads; h++) {
                for (int i = 0; i < q.places; i++) {
                    for (int j = 0; j < k.places; j++) {
                        int from = q.at(b, h, i);
                        int to = k.at(b, h / (q.heads / k.heads), j);
                        double sum = 0;
                        for (int d = 0; d < q.size; d++) {
                            sum += q.values[from + d] * k.values[to + d];
                        }
                        scores[at++] = sum * scale;
                    }
                }
            }
        }
        return scores;
    }

    /** Probabilities [batch, heads, queries, keys] times V. */
    private static Heads weigh(double[] probabilities, int heads, int queries, Heads v) {
        double[] result = new double[Math.multiplyExact(v.batch * heads, queries * v.size)];
        for (int row = 0; row < v.batch * heads * queries; row++) {
            int h = row / queries % heads;
            int b = row / queries / heads;
            for (int j = 0; j < v.places; j++) {
                double weight = probabilities[row * v.places + j];
                int from = v.at(b, h / (heads / v.heads), j);
                // A masked key must not let its infinite or undefined value through.
                for (int d = 0; weight != 0 && d < v.size; d++) {
                    result[row * v.size + d] += weight * v.values[from + d];
                }
            }
        }
        return new Heads(result, v.batch, heads, queries, v.size);
    }

    private static void requireShared(EvaluationContext in, Heads q, Heads k, Heads v) {
        if (k.heads < 1 || q.heads % k.heads != 0 || v.heads != k.heads || k.places != v.places || q.size != k.size
                || q.batch != k.batch || q.batch != v.batch) {
            throw in.error("Q, K and V do not fit together: " + in.tensor(0).type() + ", " + in.tensor(1).type() + ", "
                    + in.tensor(2).type());
        }
    }

    private static List<HostValue> flex(Attentions.FlexAttention op, EvaluationContext in) {
        Heads q = Heads.of(in.tensor(0), 0);
        Heads k = Heads.of(in.tensor(1), 0);
        Heads v = Heads.of(in.tensor(2), 0);
        requireShared(in, q, k, v);
        long[] sizes = {q.batch, q.heads, q.places, k.places};
        int scoreCaptures = op.scoreGraph().map(g -> g.inputs().size() - 1).orElse(0);
        double[] scores = pass(op.scoreGraph(), Elements.tensor(op.precision(), sizes, products(q, k, op.scale())), 3, in);
        softmaxRows(scores, k.places);
        double[] probabilities = pass(op.probabilityGraph(), Elements.tensor(op.precision(), sizes, scores), 3 + scoreCaptures, in);
        return List.of(weigh(probabilities, q.heads, q.places, v).apart(in.tensor(0).dataType()));
    }

    private static double[] pass(Optional<Graph> graph, Tensor scores, int firstCapture, EvaluationContext in) {
        if (graph.isEmpty()) {
            return Elements.read(scores);
        }
        List<HostValue> inputs = new ArrayList<>();
        inputs.add(scores);
        for (int i = 1; i < graph.get().inputs().size(); i++) {
            inputs.add(in.value(firstCapture + i - 1));
        }
        if (in.run(graph.get(), inputs).get(0) instanceof Tensor result && result.elements() == scores.elements()) {
            return Elements.read(result);
        }
        throw in.error("a graph must keep the shape " + scores.type());
    }

    /** Replaces each row by its softmax, a row of minus infinities by zeros. */
    private static void softmaxRows(double[] scores, int width) {
        for (int row = 0; width > 0 && row < scores.length / width; row++) {
            double[] lane = new double[width];
            System.arraycopy(scores, row * width, lane, 0, width);
            boolean seesAny = false;
            for (double score : lane) {
                seesAny |= score != Double.NEGATIVE_INFINITY;
            }
            if (seesAny) {
                SoftmaxEvaluators.softmax(lane);
            } else {
                lane = new double[width];
            }
            System.arraycopy(lane, 0, scores, row * width, width);
        }
    }

    /** One evaluation of {@link Attentions.Attention}. */
    private static final class Run {

        private final Attentions.Attention op;
        private final EvaluationContext in;
        private final Heads q;
        private final Heads k;
        private final Heads v;

        Run(Attentions.Attention op, EvaluationContext in) {
            this.op = op;
            this.in = in;
            q = Heads.of(in.tensor(0), op.queryHeads());
            Heads keys = Heads.of(in.tensor(1), op.keyHeads());
            Heads values = Heads.of(in.tensor(2), op.keyHeads());
            k = in.hasInput(4) ? keys.after(Heads.of(in.tensor(4), 0)) : keys;
            v = in.hasInput(5) ? values.after(Heads.of(in.tensor(5), 0)) : values;
            requireShared(in, q, k, v);
        }

        List<HostValue> outputs() {
            Tensor query = in.tensor(0);
            double[] scores = products(q, k, op.scale());
            double[] shown = op.scores() == Attentions.Scores.PRODUCTS ? scores.clone() : null;
            for (int i = 0; op.softcap() != 0 && i < scores.length; i++) {
                scores[i] = op.softcap() * Math.tanh(scores[i] / op.softcap());
            }
            shown = op.scores() == Attentions.Scores.CAPPED ? scores.clone() : shown;
            addMask(scores);
            hide(scores);
            shown = op.scores() == Attentions.Scores.BIASED ? scores.clone() : shown;
            softmaxRows(scores, k.places);
            shown = op.scores() == Attentions.Scores.PROBABILITIES ? scores : shown;
            long[] sizes = {q.batch, q.heads, q.places, k.places};
            return List.of(weigh(scores, q.heads, q.places, v).ofRank(query.rank(), query.dataType()),
                    k.apart(in.tensor(1).dataType()), v.apart(in.tensor(2).dataType()),
                    Elements.tensor(query.dataType(), sizes, shown));
        }

        private void addMask(double[] scores) {
            if (!in.hasInput(3)) {
                return;
            }
            Tensor mask = in.tensor(3);
            int width = Math.toIntExact(mask.size(-1));
            long[] sizes = {q.batch, q.heads, q.places, width == 1 ? k.places : width};
            Broadcast index = new Broadcast(mask.sizes(), sizes);
            for (int i = 0; i < scores.length; i++) {
                int j = i % k.places;
                if (j >= sizes[3]) {
                    scores[i] = Double.NEGATIVE_INFINITY;
                    continue;
                }
                long at = index.index(i / k.places * sizes[3] + j);
                if (mask.dataType() != DataType.BOOL) {
                    scores[i] += mask.getDouble(at);
                } else if (!mask.getBoolean(at)) {
                    scores[i] = Double.NEGATIVE_INFINITY;
                }
            }
        }

        /** Takes away keys that are padding, in the future, or outside the window. */
        private void hide(double[] scores) {
            for (int i = 0; i < scores.length; i++) {
                int key = i % k.places;
                int b = i / k.places / q.places / q.heads;
                long valid = in.hasInput(6) ? in.tensor(6).getLong(b) : k.places;
                long offset = in.hasInput(4) ? in.tensor(4).size(2) : in.hasInput(6) ? valid - q.places : 0;
                long place = i / k.places % q.places + offset;
                if (key >= valid || op.causal() && key > place || op.leftWindow() >= 0 && key < place - op.leftWindow()
                        || op.rightWindow() >= 0 && key > place + op.rightWindow()) {
                    scores[i] = Double.NEGATIVE_INFINITY;
                }
            }
        }
    }
}
