package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Tactic;
import io.firesteel.op.Operator;
import io.firesteel.op.Recurrent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

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
                tactic("lstm:steps", whole, constants -> new LstmKernel(layer, constants)).cost(1),
                tactic("lstm:whole", whole, whole::prepare).cost(batch >= LARGE_BATCH || batch > 1 && large ? 2 : 0.5)));
        if (batch == 1 && RowLstmKernel.isAvailable(layer)) {
            tactics.add(tactic("lstm:row", whole, constants -> new RowLstmKernel(layer, false, constants)).cost(0.1));
            tactics.add(tactic("lstm:paired", whole, constants -> new RowLstmKernel(layer, true, constants)).cost(large ? 0 : 0.2));
        }
        return Offer.of(tactics);
    }

    private static RecipeTactic tactic(String name, RecurrentPrimitive whole, Function<Constants, Kernel> preparation) {
        return new RecipeTactic(name, whole.inputs(), whole.outputs(), (operands, constants) -> preparation.apply(constants));
    }

    private static Offer gru(Layer layer) {
        RecurrentPrimitive whole = RecurrentPrimitive.gru(layer);
        String reason = whole.refusal();
        if (reason.isEmpty() && !whole.isFast()) {
            reason = "oneDNN's GRU is fast only with the reset gate after the product";
        }
        return reason.isEmpty() ? Offer.of(tactic("gru", whole, whole::prepare)) : Offer.none(reason);
    }
}
