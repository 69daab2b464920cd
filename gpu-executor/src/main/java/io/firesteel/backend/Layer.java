package io.firesteel.backend;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.Operator;
import io.firesteel.plan.Precision;
import io.firesteel.quant.NonNegativeValues;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** One node of a graph whose input and output shapes are static, as a backend sees it. */
public final class Layer {

    private final Graph graph;
    private final Node node;
    private final Precision precision;

    /**
     * @param graph the graph of one batch bucket
     * @param node one of its nodes; all its inputs and outputs are tensors of static shape
     * @param precision the precision the layer may be computed in, already one that the backend computes in
     */
    public Layer(Graph graph, Node node, Precision precision) {
        this.graph = graph;
        this.node = node;
        this.precision = precision;
    }

    /** The node. */
    public Node node() {
        return node;
    }

    /** What it computes. */
    public Operator operator() {
        return node.operator();
    }

    /** The lowest precision permitted here. A tactic may compute in a higher one. */
    public Precision precision() {
        return precision;
    }

    /** The number of inputs, absent ones in the middle included. */
    public int inputCount() {
        return node.inputs().size();
    }

    /** Whether input {@code index} is given. */
    public boolean hasInput(int index) {
        return !node.input(index).isEmpty();
    }

    /** The type of input {@code index}, which must be given, as the model has it. */
    public TensorType input(int index) {
        return graph.tensor(node.input(index));
    }

    /** The sizes of input {@code index}. */
    public long[] inputSizes(int index) {
        return input(index).shape().sizes();
    }

    /** The value of input {@code index} where it is a constant; empty for absent ones too. */
    public Optional<Tensor> constant(int index) {
        return graph.constant(node.input(index));
    }

    /** Whether input {@code index} is given and not a constant. */
    public boolean isVariable(int index) {
        return hasInput(index) && constant(index).isEmpty();
    }

    /** Whether the graph shows that no element of input {@code index} can be under 0. */
    public boolean isNonNegative(int index) {
        return NonNegativeValues.includes(graph, node.input(index));
    }

    /** The number of outputs, unused ones included. */
    public int outputCount() {
        return node.outputs().size();
    }

    /** Whether output {@code index} is used by anyone. */
    public boolean hasOutput(int index) {
        return index < node.outputs().size() && !node.outputs().get(index).isEmpty();
    }

    /** Whether output {@code index} is one of the graph's results. */
    public boolean isResult(int index) {
        return graph.isOutput(node.outputs().get(index));
    }

    /** The type of output {@code index}, which must be used. */
    public TensorType output(int index) {
        return graph.tensor(node.outputs().get(index));
    }

    /** The sizes of output {@code index}. */
    public long[] outputSizes(int index) {
        return output(index).shape().sizes();
    }

    /** The input types as a listing for messages. */
    public List<String> inputTypes() {
        return node.inputs().stream().map(i -> i.isEmpty() ? "-" : graph.type(i).toString()).toList();
    }
}
