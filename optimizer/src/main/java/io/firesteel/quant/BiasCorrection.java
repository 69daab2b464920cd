package io.firesteel.quant;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.Map;
import java.util.Optional;

/**
 * What rounding the weights takes from the mean of each output channel, put back into the bias (Nagel et al., 2019): the error of
 * the weights times the mean of the input channels. Borders that padding fills with zeros are taken as if they were data.
 */
final class BiasCorrection {

    private final Graph graph;
    private final Map<String, double[]> means;

    /** @param means of each channel, by the names of values */
    BiasCorrection(Graph graph, Map<String, double[]> means) {
        this.graph = graph;
        this.means = means;
    }

    /** Whether the means of what a product reads are known. */
    boolean knows(Node node) {
        return means.containsKey(node.input(0));
    }

    /** The corrected bias of a product with constant weights, or empty where means are not known. */
    Optional<Tensor> bias(Node node, WeightQuantization quantized, int axis) {
        return change(node, quantized, axis).map(change -> {
            Optional<Tensor> bias = graph.constant(node.input(EpilogueOperator.BIAS_INPUT));
            Tensor corrected = Tensor.zeros(DataType.FLOAT32, change.length);
            for (int i = 0; i < change.length; i++) {
                corrected.setDouble(i, change[i] + (bias.isPresent() ? bias.get().getDouble(i) : 0));
            }
            return corrected;
        });
    }

    /** The root mean square of what is added to a bias, or 0. */
    double size(Node node, WeightQuantization quantized, int axis) {
        double sum = 0;
        double[] change = change(node, quantized, axis).orElse(new double[1]);
        for (double each : change) {
            sum += each * each;
        }
        return Math.sqrt(sum / change.length);
    }

    private Optional<double[]> change(Node node, WeightQuantization quantized, int axis) {
        double[] mean = means.get(node.input(0));
        Optional<InputChannels> form = InputChannels.of(graph, node);
        String bias = node.input(EpilogueOperator.BIAS_INPUT);
        if (mean == null || form.isEmpty() || form.get().inputs() != mean.length || !bias.isEmpty()
                && graph.constant(bias).filter(b -> b.elements() == form.get().outputs()).isEmpty()) {
            return Optional.empty();
        }
        Tensor weights = graph.constant(node.input(1)).orElseThrow();
        int inner = 1;
        for (int i = axis + 1; axis >= 0 && i < weights.rank(); i++) {
            inner *= (int) weights.size(i);
        }
        int scales = Math.toIntExact(quantized.scales().elements());
        double[] change = new double[form.get().outputs()];
        for (int i = 0; i < weights.elements(); i++) {
            double level = quantized.values().getLong(i) * quantized.scales().getDouble(i / inner % scales);
            change[form.get().output(i)] += (weights.getDouble(i) - level) * mean[form.get().input(i)];
        }
        for (double each : change) {
            if (!Double.isFinite(each)) {
                return Optional.empty();
            }
        }
        return Optional.of(change);
    }
}
