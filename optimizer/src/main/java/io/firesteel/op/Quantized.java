package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.List;
import java.util.Optional;

/**
 * A layer between quantized tensors. Its meaning is that of the layer on the real numbers (fp32) its quantized inputs stand for,
 * its result then quantized: rounded to nearest even, saturated. A kernel may compute in integers what differs by rounding alone.
 *
 * <p>Inputs and result: the layer's.
 *
 * @param layer what is computed; it has one result
 * @param inputs for each input how it is quantized, or empty for one that is not
 * @param output how the result is quantized, or empty for real numbers
 */
public record Quantized(Operator layer, List<Optional<QuantizationParameters>> inputs, Optional<QuantizationParameters> output)
        implements Contraction {

    public Quantized {
        inputs = List.copyOf(inputs);
    }

    @Override
    public List<ValueType> inferTypes(InferenceContext context) {
        for (int i = 0; i < inputs.size(); i++) {
            if (inputs.get(i).isPresent() && context.tensor(i).dataType() != inputs.get(i).get().dataType()) {
                throw context.error("input " + i + " must be " + inputs.get(i).get().dataType() + ", is " + context.tensor(i));
            }
        }
        List<ValueType> types = layer.inferTypes(new RealInputs(context, inputs));
        if (types.size() != 1 || !(types.get(0) instanceof TensorType type)) {
            throw context.error(layer.name() + " has no single tensor as its result and cannot be quantized");
        }
        return List.of(output.isPresent() ? type.withDataType(output.get().dataType()) : type);
    }

    @Override
    public boolean isDeterministic() {
        return layer.isDeterministic();
    }

    /** A node's inputs, quantized ones as the real numbers they stand for. */
    private record RealInputs(InferenceContext outer, List<Optional<QuantizationParameters>> quantized) implements NestedContext {

        private boolean isQuantized(int index) {
            return index < quantized.size() && quantized.get(index).isPresent();
        }

        @Override
        public int inputCount() {
            return outer.inputCount();
        }

        @Override
        public boolean hasInput(int index) {
            return outer.hasInput(index);
        }

        @Override
        public ValueType inputType(int index) {
            return isQuantized(index) ? outer.tensor(index).withDataType(DataType.FLOAT32) : outer.inputType(index);
        }

        @Override
        public Optional<Tensor> constant(int index) {
            return isQuantized(index) ? Optional.empty() : outer.constant(index);
        }

        @Override
        public Optional<List<Dim>> shapeValue(int index) {
            return isQuantized(index) ? Optional.empty() : outer.shapeValue(index);
        }
    }
}
