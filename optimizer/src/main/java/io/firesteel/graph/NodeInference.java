package io.firesteel.graph;

import io.firesteel.FiresteelException;
import io.firesteel.op.InferenceContext;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.ValueType;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Type inference of one node over the values defined before it. */
final class NodeInference implements InferenceContext {

    private final Node node;
    private final Map<String, ValueType> types;
    private final Map<String, Tensor> constants;
    private final Map<String, List<Dim>> shapeValues;

    NodeInference(Node node, Map<String, ValueType> types, Map<String, Tensor> constants, Map<String, List<Dim>> shapeValues) {
        this.node = node;
        this.types = types;
        this.constants = constants;
        this.shapeValues = shapeValues;
    }

    List<ValueType> types() {
        List<ValueType> result;
        try {
            result = node.operator().inferTypes(this);
        } catch (FiresteelException e) {
            throw e;
        } catch (RuntimeException e) {
            FiresteelException error = error(e instanceof NullPointerException
                    ? "the shape of an input must be known: give the model's inputs shapes"
                    : "attributes and inputs do not fit together (" + e.getMessage() + ")");
            error.addSuppressed(e);
            throw error;
        }
        if (result.size() < node.outputs().size()) {
            throw error("has " + node.outputs().size() + " outputs, the operator makes " + result.size());
        }
        for (int i = 0; i < node.outputs().size(); i++) {
            if (!node.outputs().get(i).isEmpty()) {
                requirePossible(result.get(i));
            }
        }
        return result;
    }

    private void requirePossible(ValueType type) {
        TypeLimits.violation(type).ifPresent(v -> {
            throw error("its result is not possible: " + v);
        });
    }

    Optional<List<Dim>> shapeValueOfOutput() {
        try {
            return node.operator().inferShapeValue(this);
        } catch (FiresteelException e) {
            throw e;
        } catch (RuntimeException e) {
            return Optional.empty();
        }
    }

    @Override
    public int inputCount() {
        return node.inputs().size();
    }

    @Override
    public boolean hasInput(int index) {
        return !node.input(index).isEmpty();
    }

    @Override
    public ValueType inputType(int index) {
        if (!hasInput(index)) {
            throw error("input " + index + " is missing");
        }
        return types.get(node.input(index));
    }

    @Override
    public Optional<Tensor> constant(int index) {
        return Optional.ofNullable(constants.get(node.input(index)));
    }

    @Override
    public Optional<List<Dim>> shapeValue(int index) {
        return Optional.ofNullable(shapeValues.get(node.input(index)));
    }

    @Override
    public int outputCount() {
        return node.outputs().size();
    }

    @Override
    public String freshSymbol(String hint) {
        return node.name() + "." + hint;
    }

    @Override
    public FiresteelException error(String message) {
        return FiresteelException.atNode("MODEL_INVALID", node.name(),
                "node '" + node.name() + "' (" + node.operator().name() + "): " + message);
    }
}
