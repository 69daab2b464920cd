package io.firesteel.reference;

import io.firesteel.op.TraditionalMl;
import io.firesteel.op.TraditionalMl.Aggregation;
import io.firesteel.op.TraditionalMl.PostTransform;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Evaluators of {@link TraditionalMl}. */
public final class TraditionalMlEvaluators implements EvaluatorFamily {

    private static final int MEMBER = 6;

    @Override
    public void register(Registry registry) {
        registry.add(TraditionalMl.ArrayFeatureExtractor.class, (op, in) -> List.of(extract(in.tensor(0), in.tensor(1))));
        registry.add(TraditionalMl.Binarizer.class, Pointwise.unary(op -> x -> x > op.threshold() ? 1 : 0));
        registry.add(TraditionalMl.LabelEncoder.class, (op, in) -> List.of(encode(op, in.tensor(0))));
        registry.add(TraditionalMl.TreeEnsemble.class, (op, in) -> List.of(trees(op, in.tensor(0))));
    }

    private static Tensor extract(Tensor x, Tensor indices) {
        long count = indices.elements();
        long features = x.size(-1);
        long[] sizes = x.rank() == 1 ? new long[] {1, count} : x.sizes();
        sizes[sizes.length - 1] = count;
        Tensor y = Tensor.zeros(x.dataType(), sizes);
        for (long i = 0; i < y.elements(); i++) {
            y.copy(i, x, i / count * features + StridedCopy.position(indices.getLong(i % count), features));
        }
        return y;
    }

    /** What equal elements have in common: the value, all NaN and both zeros being one. */
    private static long key(Tensor tensor, long i) {
        return tensor.dataType().isFloatingPoint() ? Double.doubleToLongBits(tensor.getDouble(i) + 0.0) : tensor.getLong(i);
    }

    private static Tensor encode(TraditionalMl.LabelEncoder op, Tensor x) {
        if (x.dataType().isFloatingPoint() != op.keys().dataType().isFloatingPoint()) {
            throw new IllegalArgumentException("keys " + op.keys() + " do not fit data " + x);
        }
        Map<Long, Long> positions = new HashMap<>();
        for (long i = 0; i < op.keys().elements(); i++) {
            positions.putIfAbsent(key(op.keys(), i), i);
        }
        Tensor y = Tensor.zeros(op.values().dataType(), x.sizes());
        for (long i = 0; i < y.elements(); i++) {
            Long position = positions.get(key(x, i));
            if (position == null) {
                y.copy(i, op.otherwise(), 0);
            } else {
                y.copy(i, op.values(), position);
            }
        }
        return y;
    }

    private static Tensor trees(TraditionalMl.TreeEnsemble op, Tensor x) {
        int targets = (int) op.targets();
        List<Set<Double>> members = members(op.nodes());
        Tensor y = Tensor.zeros(x.dataType(), x.size(0), targets);
        for (long row = 0; row < x.size(0); row++) {
            double[] result = new double[targets];
            Arrays.fill(result, op.aggregation() == Aggregation.MIN ? largest(x) : op.aggregation() == Aggregation.MAX ? -largest(x) : 0);
            for (long root : op.roots()) {
                long leaf = leaf(op.nodes(), root, x, row, members);
                int target = (int) StridedCopy.position(op.leafTargets().getLong(leaf), targets);
                double weight = op.leafWeights().getDouble(leaf);
                result[target] = switch (op.aggregation()) {
                    case SUM -> result[target] + weight;
                    case AVERAGE -> result[target] + weight / op.roots().size();
                    case MIN -> Math.min(result[target], weight);
                    case MAX -> Math.max(result[target], weight);
                };
            }
            transform(result, op.postTransform());
            for (int t = 0; t < targets; t++) {
                y.setDouble(row * targets + t, result[t]);
            }
        }
        return y;
    }

    private static double largest(Tensor x) {
        return switch (x.dataType()) {
            case FLOAT64 -> Double.MAX_VALUE;
            case FLOAT16 -> 65504;
            default -> Float.MAX_VALUE;
        };
    }

    /** The members of each node; null where it does not test for membership. */
    private static List<Set<Double>> members(TraditionalMl.TreeNodes nodes) {
        List<Set<Double>> sets = new ArrayList<>();
        long next = 0;
        for (long node = 0; node < nodes.modes().elements(); node++) {
            if (nodes.modes().getLong(node) != MEMBER) {
                sets.add(null);
                continue;
            }
            Tensor values = nodes.members().orElseThrow(() -> new IllegalArgumentException("membership nodes have no members"));
            Set<Double> set = new HashSet<>();
            for (; next < values.elements() && !Double.isNaN(values.getDouble(next)); next++) {
                set.add(values.getDouble(next) + 0.0);
            }
            next++;
            sets.add(set);
        }
        return sets;
    }

    private static long leaf(TraditionalMl.TreeNodes nodes, long root, Tensor x, long row, List<Set<Double>> members) {
        long node = root;
        for (long depth = 0; depth <= nodes.modes().elements(); depth++) {
            double value = x.getDouble(row * x.size(1) + StridedCopy.position(nodes.features().getLong(node), x.size(1)));
            boolean holds = holds((int) nodes.modes().getLong(node), value, nodes.splits().getDouble(node), members.get((int) node));
            if (Double.isNaN(value) && nodes.missingTracksTrue().isPresent()) {
                holds |= nodes.missingTracksTrue().get().getBoolean(node);
            }
            boolean isLeaf = (holds ? nodes.trueLeaves() : nodes.falseLeaves()).getBoolean(node);
            node = (holds ? nodes.trueNodes() : nodes.falseNodes()).getLong(node);
            if (isLeaf) {
                return node;
            }
        }
        throw new IllegalArgumentException("the tree with root " + root + " has a cycle");
    }

    private static boolean holds(int mode, double value, double split, Set<Double> members) {
        return switch (mode) {
            case 0 -> value <= split;
            case 1 -> value < split;
            case 2 -> value >= split;
            case 3 -> value > split;
            case 4 -> value == split;
            case 5 -> value != split;
            case MEMBER -> members.contains(value + 0.0);
            default -> throw new IllegalArgumentException("node mode " + mode + " is not known");
        };
    }

    private static void transform(double[] row, PostTransform transform) {
        if (transform == PostTransform.LOGISTIC) {
            Arrays.setAll(row, i -> 1 / (1 + Math.exp(-row[i])));
        } else if (transform != PostTransform.NONE) {
            double largest = Arrays.stream(row).max().orElse(0);
            boolean keepZeros = transform == PostTransform.SOFTMAX_ZERO;
            Arrays.setAll(row, i -> keepZeros && row[i] == 0 ? 0 : Math.exp(row[i] - largest));
            double sum = Arrays.stream(row).sum();
            Arrays.setAll(row, i -> row[i] / sum);
        }
    }
}
