package io.firesteel.backend.cpu.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;

/**
 * Recurrent layers. Sources and destinations are [T, N, channels]; states [1, directions, N, H]; weights
 * [1, directions, I, gates, H]; bias [1, directions, gates, H]. Arguments: source layer, source state (for LSTM also the
 * cell), weights of the layer, weights of the state, bias, destination layer, destination state (for LSTM also the cell).
 */
public final class RecurrentLayers {

    private RecurrentLayers() {}

    /** In which order the time steps are read. */
    public enum Direction {
        /** First to last. */
        FORWARD,
        /** Last to first. */
        REVERSE,
        /** Both, their results side by side. */
        BIDIRECTIONAL;

        int code() {
            return switch (this) {
                case FORWARD -> dnnl.dnnl_unidirectional_left2right;
                case REVERSE -> dnnl.dnnl_unidirectional_right2left;
                case BIDIRECTIONAL -> dnnl.dnnl_bidirectional_concat;
            };
        }

        int count() {
            return this == BIDIRECTIONAL ? 2 : 1;
        }
    }

    /** Sizes of a recurrent layer. */
    public record Size(long steps, long batch, long input, long hidden) {}

    /** LSTM without peepholes or projection; gates in the order input, forget, cell, output. */
    public static Primitive lstm(ElementType type, Direction direction, Size size) {
        Descs d = new Descs(type, direction, size, 4, 4);
        return Primitive.create("LSTM", d.arguments(true), List.of(),
                (pd, engine, attr, scope) -> dnnl.dnnl_lstm_forward_primitive_desc_create(pd, engine,
                        dnnl.dnnl_forward_inference, direction.code(), d.source.toNative(scope), d.state.toNative(scope),
                        d.cell.toNative(scope), d.layerWeights.toNative(scope), d.stateWeights.toNative(scope), null, null,
                        d.bias.toNative(scope), d.destination.toNative(scope), d.state.toNative(scope),
                        d.cell.toNative(scope), dnnl.dnnl_rnn_flags_undef, attr));
    }

    /**
     * GRU; gates in the order update, reset, new.
     *
     * @param linearBeforeReset whether the state is multiplied by its weights before the reset gate is applied; the bias
     *         then has a fourth entry, that of the state in the new gate
     */
    public static Primitive gru(ElementType type, Direction direction, Size size, boolean linearBeforeReset) {
        Descs d = new Descs(type, direction, size, 3, linearBeforeReset ? 4 : 3);
        return Primitive.create("GRU", d.arguments(false), List.of(), (pd, engine, attr, scope) -> linearBeforeReset
                ? dnnl.dnnl_lbr_gru_forward_primitive_desc_create(pd, engine, dnnl.dnnl_forward_inference, direction.code(),
                        d.source.toNative(scope), d.state.toNative(scope), d.layerWeights.toNative(scope),
                        d.stateWeights.toNative(scope), d.bias.toNative(scope), d.destination.toNative(scope),
                        d.state.toNative(scope), dnnl.dnnl_rnn_flags_undef, attr)
                : dnnl.dnnl_gru_forward_primitive_desc_create(pd, engine, dnnl.dnnl_forward_inference, direction.code(),
                        d.source.toNative(scope), d.state.toNative(scope), d.layerWeights.toNative(scope),
                        d.stateWeights.toNative(scope), d.bias.toNative(scope), d.destination.toNative(scope),
                        d.state.toNative(scope), dnnl.dnnl_rnn_flags_undef, attr));
    }

    private static final class Descs {
        final MemoryDesc source;
        final MemoryDesc state;
        final MemoryDesc cell;
        final MemoryDesc layerWeights;
        final MemoryDesc stateWeights;
        final MemoryDesc bias;
        final MemoryDesc destination;

        Descs(ElementType type, Direction direction, Size s, int gates, int biases) {
            int directions = direction.count();
            source = MemoryDesc.rowMajor(type, s.steps, s.batch, s.input);
            state = MemoryDesc.rowMajor(type, 1, directions, s.batch, s.hidden);
            cell = MemoryDesc.rowMajor(ElementType.F32, 1, directions, s.batch, s.hidden);
            layerWeights = MemoryDesc.any(type, 1, directions, s.input, gates, s.hidden);
            stateWeights = MemoryDesc.any(type, 1, directions, s.hidden, gates, s.hidden);
            bias = MemoryDesc.rowMajor(ElementType.F32, 1, directions, biases, s.hidden);
            destination = MemoryDesc.rowMajor(type, s.steps, s.batch, directions * s.hidden);
        }

        List<Primitive.Argument> arguments(boolean withCell) {
            List<Primitive.Argument> a = new ArrayList<>();
            a.add(new Primitive.Argument(dnnl.DNNL_ARG_SRC_LAYER, source));
            a.add(new Primitive.Argument(dnnl.DNNL_ARG_SRC_ITER, state));
            if (withCell) {
                a.add(new Primitive.Argument(dnnl.DNNL_ARG_SRC_ITER_C, cell));
            }
            a.add(new Primitive.Argument(dnnl.DNNL_ARG_WEIGHTS_LAYER, layerWeights));
            a.add(new Primitive.Argument(dnnl.DNNL_ARG_WEIGHTS_ITER, stateWeights));
            a.add(new Primitive.Argument(dnnl.DNNL_ARG_BIAS, bias));
            a.add(new Primitive.Argument(dnnl.DNNL_ARG_DST_LAYER, destination));
            a.add(new Primitive.Argument(dnnl.DNNL_ARG_DST_ITER, state));
            if (withCell) {
                a.add(new Primitive.Argument(dnnl.DNNL_ARG_DST_ITER_C, cell));
            }
            return a;
        }
    }
}
