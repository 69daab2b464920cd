package io.firesteel.pass;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.Optional;
import java.util.OptionalDouble;

/** Questions that rules ask about constants and operands. */
public final class Constants {

    private static final double TOLERANCE = 1e-4;

    private Constants() { }

    /** The value of a floating-point constant of one element, of any rank. */
    public static OptionalDouble scalar(Graph graph, String value) {
        Optional<Tensor> constant = graph.constant(value);
        return constant.isPresent() && constant.get().elements() == 1 && constant.get().dataType().isFloatingPoint()
                ? OptionalDouble.of(constant.get().getDouble(0)) : OptionalDouble.empty();
    }

    /** Whether a value is a scalar constant of about the given size: what a float keeps of a formula's constant. */
    public static boolean isAbout(Graph graph, String value, double expected) {
        OptionalDouble scalar = scalar(graph, value);
        return scalar.isPresent() && isAbout(scalar.getAsDouble(), expected);
    }

    /** Whether a number is about another: what a float or half keeps of it. */
    public static boolean isAbout(double number, double expected) {
        return Math.abs(number - expected) <= TOLERANCE * Math.abs(expected);
    }

    /** Whether a value is a constant of one element, of any type, that equals a whole number. */
    public static boolean isExactly(Graph graph, String value, long expected) {
        return graph.constant(value).filter(c -> c.elements() == 1 && c.getDouble(0) == expected).isPresent();
    }

    /** The scalar constant among a binary node's two inputs. */
    public static OptionalDouble scalarOperand(Graph graph, Node node) {
        OptionalDouble second = scalar(graph, node.input(1));
        return second.isPresent() ? second : scalar(graph, node.input(0));
    }

    /** A binary node's input that is not {@code operand}. */
    public static String other(Node node, String operand) {
        return node.input(0).equals(operand) ? node.input(1) : node.input(0);
    }

    /** A binary node's input that is not a constant, where exactly one is. */
    public static Optional<String> variable(Graph graph, Node node) {
        boolean first = graph.constant(node.input(0)).isPresent();
        boolean second = graph.constant(node.input(1)).isPresent();
        return first == second ? Optional.empty() : Optional.of(first ? node.input(1) : node.input(0));
    }

    /** The node of the given operator that makes a value, where nothing else reads the value. */
    public static Optional<Node> onlyFor(Graph graph, String value, Class<?> operator) {
        return graph.hasOneUse(value) ? graph.producer(value).filter(n -> operator.isInstance(n.operator())) : Optional.empty();
    }

    /** Whether two values have the same known shape. */
    public static boolean sameShape(Graph graph, String a, String b) {
        return graph.type(a) instanceof TensorType x && graph.type(b) instanceof TensorType y && x.hasRank()
                && x.shape().equals(y.hasRank() ? y.shape() : null);
    }
}
