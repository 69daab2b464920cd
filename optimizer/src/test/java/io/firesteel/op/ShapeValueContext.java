package io.firesteel.op;

import io.firesteel.FiresteelException;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.List;
import java.util.Optional;

/** A node whose inputs are INT64 vectors of known dimensions. */
record ShapeValueContext(List<Object> inputs) implements InferenceContext {

    @Override
    public int inputCount() {
        return inputs.size();
    }

    @Override
    public boolean hasInput(int index) {
        return index < inputs.size();
    }

    @Override
    public ValueType inputType(int index) {
        return TensorType.of(DataType.INT64, shapeValue(index).orElseThrow().size());
    }

    @Override
    public Optional<Tensor> constant(int index) {
        return Optional.empty();
    }

    @Override
    @SuppressWarnings("unchecked")
    public Optional<List<Dim>> shapeValue(int index) {
        return Optional.of((List<Dim>) inputs.get(index));
    }

    @Override
    public int outputCount() {
        return 1;
    }

    @Override
    public String freshSymbol(String hint) {
        return hint;
    }

    @Override
    public FiresteelException error(String message) {
        return FiresteelException.user("MODEL_INVALID", message);
    }
}
