package io.firesteel.backend.cpu;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.op.Operator;
import io.firesteel.op.Recurrent;
import java.util.Map;

/** LSTM and GRU with constant weights and the usual activations. */
final class GatedLayers implements LayerFamily {

    /** From here on reading W once outweighs the calls that each step takes. */
    private static final long LARGE_BATCH = 4;

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
        boolean large = layer.inputSizes(0)[1] >= LARGE_BATCH;
        return Offer.of(
                new RecipeTactic("lstm:steps", whole.inputs(), whole.outputs(),
                        (operands, constants) -> new LstmKernel(layer, constants)).cost(large ? 0 : 1),
                new RecipeTactic("lstm:whole", whole.inputs(), whole.outputs(), (operands, constants) -> whole.prepare(constants))
                        .cost(large ? 1 : 0));
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
