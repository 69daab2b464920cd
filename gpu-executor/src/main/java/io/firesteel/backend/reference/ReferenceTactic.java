package io.firesteel.backend.reference;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorLayout;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** The evaluator on row-major tensors; constants are taken from the plan as they are. */
final class ReferenceTactic implements Tactic {

    private final Layer layer;
    private final List<TensorLayout> inputs = new ArrayList<>();
    private final List<TensorLayout> outputs = new ArrayList<>();

    ReferenceTactic(Layer layer) {
        this.layer = layer;
        for (int i = 0; i < layer.inputCount(); i++) {
            inputs.add(layer.isVariable(i) ? TensorLayout.linear(layer.input(i)) : null);
        }
        for (int i = 0; i < layer.outputCount(); i++) {
            outputs.add(layer.hasOutput(i) ? TensorLayout.linear(layer.output(i)) : null);
        }
    }

    @Override
    public String name() {
        return "reference evaluator";
    }

    @Override
    public List<TensorLayout> inputs() {
        return inputs;
    }

    @Override
    public List<TensorLayout> outputs() {
        return outputs;
    }

    @Override
    public boolean readsSlice(int index) {
        return true;
    }

    @Override
    public boolean writesSlice(int index) {
        return true;
    }

    @Override
    public Kernel prepare(Operands operands, Constants constants) {
        List<Tensor> values = new ArrayList<>();
        for (int i = 0; i < layer.inputCount(); i++) {
            values.add(layer.constant(i).orElse(null));
        }
        return new ReferenceKernel(layer.node(), values, operands);
    }
}
