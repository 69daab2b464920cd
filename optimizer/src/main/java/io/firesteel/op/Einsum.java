package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A sum of products by Einstein's convention, as in NumPy's einsum.
 *
 * @param equation one term of letters for each input, then, after {@code ->}, the result's; {@code ...} stands for
 *         dimensions that are broadcast
 */
public record Einsum(String equation) implements Contraction {

    @Override
    public List<ValueType> inferTypes(InferenceContext context) {
        Broadcasting.requireSameDataType(context);
        TensorType first = context.tensor(0);
        List<Integer> ranks = new ArrayList<>();
        for (int i = 0; i < context.inputCount(); i++) {
            if (!context.tensor(i).hasRank()) {
                return List.of(TensorType.ofUnknownRank(first.dataType()));
            }
            ranks.add(context.shape(i).rank());
        }
        Labels labels = labels(ranks);
        Map<Integer, Dim> sizes = new HashMap<>();
        for (int i = 0; i < ranks.size(); i++) {
            for (int axis = 0; axis < ranks.get(i); axis++) {
                Dim dim = context.shape(i).dim(axis);
                sizes.merge(labels.operands().get(i).get(axis), dim, (a, b) -> a.is(1) ? b : b.is(1) ? a
                        : Dims.agreed(a, b, "dimensions with one label", context));
            }
        }
        return List.of(first.withShape(new Shape(labels.result().stream().map(sizes::get).toList())));
    }

    @Override
    public double multiplications(List<Shape> inputs, Shape output) {
        List<List<Integer>> operands = labels(inputs.stream().map(Shape::rank).toList()).operands();
        Map<Integer, Long> sizes = new HashMap<>();
        for (int i = 0; i < inputs.size(); i++) {
            for (int axis = 0; axis < inputs.get(i).rank(); axis++) {
                sizes.merge(operands.get(i).get(axis), inputs.get(i).dim(axis).size(), Math::max);
            }
        }
        return sizes.values().stream().mapToDouble(Long::doubleValue).reduce(1, (a, b) -> a * b);
    }

    /**
     * The labels of each dimension: letters as they are, dimensions of an ellipsis as negative numbers, the last one -1.
     *
     * @param operands one list for each input
     * @param result those of the result
     */
    public record Labels(List<List<Integer>> operands, List<Integer> result) { }

    /**
     * Reads the equation.
     *
     * @param ranks of the inputs
     * @throws IllegalArgumentException if it does not fit them
     */
    public Labels labels(List<Integer> ranks) {
        String text = equation.replace(" ", "");
        int arrow = text.indexOf("->");
        String[] terms = (arrow < 0 ? text : text.substring(0, arrow)).split(",", -1);
        if (terms.length != ranks.size()) {
            throw new IllegalArgumentException("equation '" + equation + "' has " + terms.length + " terms for " + ranks.size()
                    + " inputs");
        }
        List<List<Integer>> operands = new ArrayList<>();
        TreeMap<Integer, Integer> uses = new TreeMap<>();
        int broadcast = 0;
        for (int i = 0; i < terms.length; i++) {
            int covered = ranks.get(i) - terms[i].replace("...", "").length();
            if (covered < 0 || covered > 0 && !terms[i].contains("...")) {
                throw new IllegalArgumentException("term '" + terms[i] + "' does not fit an input of rank " + ranks.get(i));
            }
            broadcast = Math.max(broadcast, covered);
            operands.add(term(terms[i], covered));
            operands.get(i).forEach(label -> uses.merge(label, 1, Integer::sum));
        }
        List<Integer> result = arrow >= 0 ? term(text.substring(arrow + 2), broadcast)
                : uses.entrySet().stream().filter(e -> e.getKey() < 0 || e.getValue() == 1).map(Map.Entry::getKey).toList();
        if (!uses.keySet().containsAll(result) || result.stream().distinct().count() != result.size()) {
            throw new IllegalArgumentException("the result of equation '" + equation + "' has labels no input has, or one twice");
        }
        return new Labels(operands, result);
    }

    private List<Integer> term(String term, int covered) {
        List<Integer> labels = new ArrayList<>();
        for (int i = 0; i < term.length(); i++) {
            if (term.startsWith("...", i)) {
                for (int k = covered; k > 0; k--) {
                    labels.add(-k);
                }
                i += 2;
            } else if (Character.isLetter(term.charAt(i)) && term.charAt(i) < 128) {
                labels.add((int) term.charAt(i));
            } else {
                throw new IllegalArgumentException("equation '" + equation + "' has a '" + term.charAt(i) + "'");
            }
        }
        return labels;
    }
}
