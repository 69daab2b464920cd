package io.firesteel.onnx;

import io.firesteel.op.Activations;

/** Importers of activation functions. */
public final class ActivationImporters implements ImporterFamily {

    @Override
    public void register(Registry registry) {
        registry.add("Relu", n -> n.emit(new Activations.Relu(), n.input(0)));
        registry.add("LeakyRelu", n -> n.emit(new Activations.LeakyRelu(n.real("alpha", 0.01f)), n.input(0)));
        registry.add("Sigmoid", n -> n.emit(new Activations.Sigmoid(), n.input(0)));
        registry.add("Tanh", n -> n.emit(new Activations.Tanh(), n.input(0)));
        registry.add("Swish", n -> n.emit(new Activations.Swish(n.real("alpha", 1)), n.input(0)));
        registry.add("HardSwish", n -> n.emit(new Activations.HardSwish(), n.input(0)));
        registry.add("HardSigmoid",
                n -> n.emit(new Activations.HardSigmoid(n.real("alpha", 0.2f), n.real("beta", 0.5f)), n.input(0)));
        registry.add("Gelu", n -> n.emit(new Activations.Gelu(n.string("approximate", "none").equals("tanh")), n.input(0)));
    }
}
