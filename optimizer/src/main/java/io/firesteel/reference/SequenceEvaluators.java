package io.firesteel.reference;

import io.firesteel.op.Attentions;
import io.firesteel.op.CausalConvWithState;
import io.firesteel.reference.AttentionEvaluators.Heads;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.List;

/** Evaluators of what surrounds attention in models of sequences. */
public final class SequenceEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Attentions.RotaryEmbedding.class, (op, in) -> List.of(rotate(op, in)));
        registry.add(Attentions.LinearAttention.class, SequenceEvaluators::linearAttention);
        registry.add(CausalConvWithState.class, SequenceEvaluators::causalConvolution);
    }

    private static Tensor rotate(Attentions.RotaryEmbedding op, EvaluationContext in) {
        Heads x = Heads.of(in.tensor(0), op.heads());
        double[] cosines = Elements.read(in.tensor(1));
        double[] sines = Elements.read(in.tensor(2));
        int rotated = op.rotated() == 0 ? x.size() : Math.toIntExact(op.rotated());
        int half = rotated / 2;
        if (in.tensor(1).size(-1) != half || in.tensor(2).size(-1) != half || rotated > x.size()) {
            throw in.error("cosines and sines must have " + half + " columns, have " + in.tensor(1).size(-1) + " and "
                    + in.tensor(2).size(-1));
        }
        double[] y = x.values().clone();
        for (int b = 0; b < x.batch(); b++) {
            for (int t = 0; t < x.places(); t++) {
                long position = in.hasInput(3) ? in.tensor(3).getLong((long) b * x.places() + t) : (long) b * x.places() + t;
                int angle = Math.toIntExact(position * half);
                for (int h = 0; h < x.heads(); h++) {
                    int at = x.at(b, h, t);
                    for (int i = 0; i < half; i++) {
                        int first = at + (op.interleaved() ? 2 * i : i);
                        int second = op.interleaved() ? first + 1 : first + half;
                        double cosine = cosines[angle + i];
                        double sine = sines[angle + i];
                        y[first] = cosine * x.values()[first] - sine * x.values()[second];
                        y[second] = sine * x.values()[first] + cosine * x.values()[second];
                    }
                }
            }
        }
        return new Heads(y, x.batch(), x.heads(), x.places(), x.size()).ofRank(in.tensor(0).rank(), in.tensor(0).dataType());
    }

    private static List<HostValue> linearAttention(Attentions.LinearAttention op, EvaluationContext in) {
        Heads q = Heads.of(in.tensor(0), op.queryHeads());
        Heads k = Heads.of(in.tensor(1), op.keyHeads());
        Heads v = Heads.of(in.tensor(2), op.keyHeads());
        int size = k.size();
        int width = v.size();
        long stateSize = (long) k.batch() * k.heads() * size * width;
        double[] state = in.hasInput(3) ? Elements.read(in.tensor(3)) : new double[Math.toIntExact(stateSize)];
        if (state.length != stateSize || q.size() != size || q.heads() % k.heads() != 0) {
            throw in.error("queries, keys, values and state do not fit together");
        }
        double[] decay = in.hasInput(4) && op.rule().decays() ? Elements.read(in.tensor(4)) : null;
        double[] beta = in.hasInput(5) && op.rule().corrects() ? Elements.read(in.tensor(5)) : null;
        int decayWidth = decay == null ? 0 : decay.length / (k.batch() * k.places());
        int betaWidth = beta == null ? 0 : beta.length / (k.batch() * k.places());
        double scale = op.scale().map(Float::doubleValue).orElse(1 / Math.sqrt(size));
        int group = q.heads() / k.heads();
        double[] y = new double[q.batch() * q.heads() * q.places() * width];
        for (int head = 0; head < k.batch() * k.heads(); head++) {
            int b = head / k.heads();
            int h = head % k.heads();
            int s = head * size * width;
            for (int t = 0; t < k.places(); t++) {
                int token = b * k.places() + t;
                for (int i = 0; decay != null && i < size * width; i++) {
                    int at = decayWidth == k.heads() ? h : h * size + i / width;
                    state[s + i] *= Math.exp(decay[token * decayWidth + at]);
                }
                double rate = beta == null ? 1 : beta[token * betaWidth + (betaWidth == 1 ? 0 : h)];
                for (int j = 0; j < width; j++) {
                    double recalled = 0;
                    for (int i = 0; beta != null && i < size; i++) {
                        recalled += state[s + i * width + j] * k.values()[k.at(b, h, t) + i];
                    }
                    double news = rate * (v.values()[v.at(b, h, t) + j] - recalled);
                    for (int i = 0; i < size; i++) {
                        state[s + i * width + j] += k.values()[k.at(b, h, t) + i] * news;
                    }
                }
                for (int g = 0; g < group; g++) {
                    int queryHead = h * group + g;
                    for (int i = 0; i < size; i++) {
                        double factor = scale * q.values()[q.at(b, queryHead, t) + i];
                        for (int j = 0; j < width; j++) {
                            y[((b * q.heads() + queryHead) * q.places() + t) * width + j] += factor * state[s + i * width + j];
                        }
                    }
                }
            }
        }
        DataType type = in.tensor(0).dataType();
        return List.of(new Heads(y, q.batch(), q.heads(), q.places(), width).ofRank(3, type),
                Elements.tensor(in.hasInput(3) ? in.tensor(3).dataType() : type,
                        new long[] {k.batch(), k.heads(), size, width}, state));
    }

    private static List<HostValue> causalConvolution(CausalConvWithState op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        int channels = Math.toIntExact(x.size(1));
        int places = Math.toIntExact(x.size(2));
        int kernel = Math.toIntExact(in.tensor(1).size(2));
        int before = kernel - 1;
        Tensor y = Tensor.zeros(x.dataType(), x.sizes());
        Tensor state = Tensor.zeros(x.dataType(), x.size(0), channels, before);
        double[] weights = Elements.read(in.tensor(1));
        for (long row = 0; row < x.size(0) * channels; row++) {
            int c = (int) (row % channels);
            double[] seen = new double[before + places];
            if (in.hasInput(3)) {
                Elements.read(in.tensor(3), row * before, seen, 0, before);
            }
            Elements.read(x, row * places, seen, before, places);
            double bias = in.hasInput(2) ? in.tensor(2).getDouble(c) : 0;
            for (int t = 0; t < places; t++) {
                double sum = bias;
                for (int i = 0; i < kernel; i++) {
                    sum += weights[c * kernel + i] * seen[t + i];
                }
                y.setDouble(row * places + t, op.silu() ? sum / (1 + Math.exp(-sum)) : sum);
            }
            Elements.write(state, row * before, seen, places, before);
        }
        return List.of(y, state);
    }
}
