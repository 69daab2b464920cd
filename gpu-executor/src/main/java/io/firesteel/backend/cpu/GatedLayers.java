package io.firesteel.backend.cpu;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Tactic;
import io.firesteel.op.Operator;
import io.firesteel.op.Recurrent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** LSTM and GRU with constant weights and the usual activations. */
final class GatedLayers implements LayerFamily {

    /** From here on reading W once outweighs the calls that each step takes. */
    private static final long LARGE_BATCH = 4;

    /** Weights of the state that a core's own cache does not keep from step to step, but two keep in good part. */
    private static final long LARGE_WEIGHTS = 2L << 20;

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        return Map.of(Recurrent.LSTM.class, (layer, target) -> lstm(layer), Recurrent.GRU.class, (layer, target) -> gru(layer));
    }

    private static Offer lstm(Layer layer) {
        RecurrentPrimitive whole = RecurrentPrimitive.lstm(layer);
        String reason = layer.hasInput(7) || ((Recurrent.LSTM) layer.operator()).inputForget()
                ? "oneDNN's LSTM has no peepholes or coupled gates" : whole.refusal();
        if (!reason.isEmpty()) {
            return Offer.none(reason);
        }
        long batch = layer.inputSizes(0)[1];
        long hidden = layer.inputSizes(2)[2];
        boolean large = Float.BYTES * LstmWeights.GATES * hidden * hidden >= LARGE_WEIGHTS;
        List<Tactic> tactics = new ArrayList<>(List.of(
                steps("lstm:steps", layer, whole, false).cost(1),
                new RecipeTactic("lstm:whole", whole.inputs(), whole.outputs(), (operands, constants) -> whole.prepare(constants))
                        .cost(batch >= LARGE_BATCH || batch > 1 && large ? 2 : 0.5)));
        if (batch == 1) {
            tactics.add(steps("lstm:paired", layer, whole, true).cost(large ? 0 : 3));
        }
        return Offer.of(tactics);
    }

    private static RecipeTactic steps(String name, Layer layer, RecurrentPrimitive whole, boolean paired) {
        return new RecipeTactic(name, whole.inputs(), whole.outputs(),
                (operands, constants) -> new LstmKernel(layer, paired, constants));
    }

    private static Offer gru(Layer layer) {
        RecurrentPrimitive whole = RecurrentPrimitive.gru(layer);
        String reason = whole.refusal();
        if (reason.isEmpty() && !whole.isFast()) {
            reason = "oneDNN's GRU is fast only with the reset gate after the product";
        }
        return reason.isEmpty() ? Offer.of(new RecipeTactic("gru", whole.inputs(), whole.outputs(),
                (operands, constants) -> whole.prepare(constants))) : Offer.none(reason);
    }
}
