package io.firesteel.onnx;

import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;

/** Importers of activation functions. */
public final class ActivationImporters implements ImporterFamily {

    private static final int SELU_DEFAULTS_CHANGED = 6;
    private static final int LAST_CHANNEL_SLOPE = 6;

    @Override
    public void register(Registry registry) {
        registry.add("Relu", n -> n.emit(new Activations.Relu(), n.input(0)));
        registry.add("LeakyRelu", n -> n.emit(new Activations.LeakyRelu(n.real("alpha", 0.01f)), n.input(0)));
        registry.add("Sigmoid", n -> n.emit(new Activations.Sigmoid(), n.input(0)));
        registry.add("Swish", n -> n.emit(new Activations.Swish(n.real("alpha", 1)), n.input(0)));
        registry.add("HardSwish", n -> n.emit(new Activations.HardSwish(), n.input(0)));
        registry.add("HardSigmoid",
                n -> n.emit(new Activations.HardSigmoid(n.real("alpha", 0.2f), n.real("beta", 0.5f)), n.input(0)));
        registry.add("Gelu", n -> n.emit(new Activations.Gelu(n.string("approximate", "none").equals("tanh")), n.input(0)));
        registry.add("Elu", n -> n.emit(new Activations.Elu(n.real("alpha", 1)), n.input(0)));
        registry.add("", "Selu", 1, SELU_DEFAULTS_CHANGED - 1,
                n -> n.emit(new Activations.Selu(n.real("alpha", 1.6732f), n.real("gamma", 1.0507f)), n.input(0)));
        registry.add("", "Selu", SELU_DEFAULTS_CHANGED, Integer.MAX_VALUE,
                n -> n.emit(new Activations.Selu(n.real("alpha", 1.67326319f), n.real("gamma", 1.05070102f)), n.input(0)));
        registry.add("Celu", n -> n.emit(new Activations.Celu(n.real("alpha", 1)), n.input(0)));
        registry.add("Softplus", n -> n.emit(new Activations.Softplus(), n.input(0)));
        registry.add("Softsign", n -> n.emit(new Activations.Softsign(), n.input(0)));
        registry.add("ThresholdedRelu", n -> n.emit(new Activations.ThresholdedRelu(n.real("alpha", 1)), n.input(0)));
        registry.add("Mish", n -> n.emit(new Activations.Mish(), n.input(0)));
        registry.add("Shrink", n -> n.emit(new Activations.Shrink(n.real("lambd", 0.5f), n.real("bias", 0)), n.input(0)));
        registry.add("", "PRelu", 1, LAST_CHANNEL_SLOPE, n -> n.emit(new Activations.PRelu(), n.input(0), channelSlope(n)));
        registry.add("", "PRelu", LAST_CHANNEL_SLOPE + 1, Integer.MAX_VALUE,
                n -> n.emit(new Activations.PRelu(), n.input(0), n.input(1)));
        registry.add("SwiGLU", n -> n.emit(new Arithmetic.Mul(),
                n.add(new Activations.Swish(n.real("alpha", 1)), n.input(0)), n.input(1)));
    }

    private static String channelSlope(OnnxNode node) {
        boolean isVector = node.rank(1) == 1 && !node.tensor(1).shape().dim(0).is(1);
        return isVector && node.rank(0) > 2 ? LegacyBroadcast.at(node, 1, 1) : node.input(1);
    }
}
