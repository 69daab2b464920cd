package io.firesteel.backend.cpu;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.Elementwise;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.op.Conversions;
import io.firesteel.op.Logic;
import io.firesteel.op.Operator;
import io.firesteel.op.Selection;
import io.firesteel.tensor.DataType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What makes and applies masks: logic on bool, conversions between integers, bytes, bool and fp32, choices. */
final class ConditionLayers implements LayerFamily {

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        Map<Class<? extends Operator>, LayerOffer> offers = new HashMap<>();
        offers.put(Logic.And.class, (layer, target) -> offer(layer, Optional.of(ConditionLayers::and)));
        offers.put(Logic.Or.class, (layer, target) -> offer(layer, Optional.of(ConditionLayers::or)));
        offers.put(Logic.Xor.class, (layer, target) -> offer(layer, Optional.of(ConditionLayers::xor)));
        offers.put(Logic.Not.class, (layer, target) -> offer(layer, Optional.of(ConditionLayers::not)));
        offers.put(Selection.Where.class, (layer, target) -> offer(layer, where(layer.output(0).dataType())));
        offers.put(Conversions.Cast.class, (layer, target) -> cast(layer));
        return offers;
    }

    private static Offer cast(Layer layer) {
        DataType from = layer.input(0).dataType();
        DataType to = layer.output(0).dataType();
        long elements = layer.output(0).shape().elements();
        if (from != DataType.UINT8 || to != DataType.FLOAT32 || elements == 0) {
            return offer(layer, cast(from, to));
        }
        TensorLayout[] inputs = {TensorLayout.linear(layer.input(0))};
        TensorLayout[] outputs = {TensorLayout.linear(layer.output(0))};
        return Offer.of(new RecipeTactic("convert", inputs, outputs, (operands, constants) -> new StagedKernel(List.of(
                new PrimitiveStage(Elementwise.reorder(MemoryDesc.rowMajor(ElementType.U8, elements),
                        MemoryDesc.rowMajor(ElementType.F32, elements)), List.of(Stage.Place.input(0), Stage.Place.output(0)))), 0)));
    }

    private static Offer offer(Layer layer, Optional<BroadcastKernel.Row> row) {
        TensorLayout output = TensorLayout.linear(layer.output(0));
        if (row.isEmpty() || output.bytes() == 0 || output.bytes() > Integer.MAX_VALUE) {
            return Offer.none("the CPU backend has no " + layer.operator().name() + " of " + layer.inputTypes());
        }
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = TensorLayout.linear(layer.input(i));
            if (inputs[i].bytes() > Integer.MAX_VALUE) {
                return Offer.none("input " + i + " takes 2 GiB or more");
            }
        }
        return Offer.of(new RecipeTactic("rows", inputs, new TensorLayout[] {output},
                (operands, constants) -> BroadcastKernel.of(layer, row.get())));
    }

    private static void and(BroadcastKernel.Cursor[] in, BroadcastKernel.Cursor out, int count) {
        for (int i = 0; i < count; i++) {
            out.buffer.put(out.at + i, (byte) (in[0].buffer.get(in[0].at + i * in[0].step) & in[1].buffer.get(in[1].at + i * in[1].step)));
        }
    }

    private static void or(BroadcastKernel.Cursor[] in, BroadcastKernel.Cursor out, int count) {
        for (int i = 0; i < count; i++) {
            out.buffer.put(out.at + i, (byte) (in[0].buffer.get(in[0].at + i * in[0].step) | in[1].buffer.get(in[1].at + i * in[1].step)));
        }
    }

    private static void xor(BroadcastKernel.Cursor[] in, BroadcastKernel.Cursor out, int count) {
        for (int i = 0; i < count; i++) {
            out.buffer.put(out.at + i, (byte) (in[0].buffer.get(in[0].at + i * in[0].step) ^ in[1].buffer.get(in[1].at + i * in[1].step)));
        }
    }

    private static void not(BroadcastKernel.Cursor[] in, BroadcastKernel.Cursor out, int count) {
        for (int i = 0; i < count; i++) {
            out.buffer.put(out.at + i, (byte) (in[0].buffer.get(in[0].at + i * in[0].step) ^ 1));
        }
    }

    private static Optional<BroadcastKernel.Row> where(DataType type) {
        return Optional.ofNullable(switch (type.bytes()) {
            case 1 -> ConditionLayers::where1;
            case 4 -> ConditionLayers::where4;
            case 8 -> ConditionLayers::where8;
            default -> null;
        });
    }

    private static void where1(BroadcastKernel.Cursor[] in, BroadcastKernel.Cursor out, int count) {
        for (int i = 0; i < count; i++) {
            BroadcastKernel.Cursor chosen = in[0].buffer.get(in[0].at + i * in[0].step) != 0 ? in[1] : in[2];
            out.buffer.put(out.at + i, chosen.buffer.get(chosen.at + i * chosen.step));
        }
    }

    private static void where4(BroadcastKernel.Cursor[] in, BroadcastKernel.Cursor out, int count) {
        for (int i = 0; i < count; i++) {
            BroadcastKernel.Cursor chosen = in[0].buffer.get(in[0].at + i * in[0].step) != 0 ? in[1] : in[2];
            out.buffer.putInt(out.at + 4 * i, chosen.buffer.getInt(chosen.at + i * chosen.step));
        }
    }

    private static void where8(BroadcastKernel.Cursor[] in, BroadcastKernel.Cursor out, int count) {
        for (int i = 0; i < count; i++) {
            BroadcastKernel.Cursor chosen = in[0].buffer.get(in[0].at + i * in[0].step) != 0 ? in[1] : in[2];
            out.buffer.putLong(out.at + 8 * i, chosen.buffer.getLong(chosen.at + i * chosen.step));
        }
    }

    /** Reads one element as an integer. */
    private interface Read {
        long at(BroadcastKernel.Cursor cursor, int index);
    }

    /** Writes one element. */
    private interface Write {
        void at(BroadcastKernel.Cursor cursor, int index, long value);
    }

    private static Optional<BroadcastKernel.Row> cast(DataType from, DataType to) {
        Read read = switch (from) {
            case INT64 -> (c, i) -> c.buffer.getLong(c.at + i * c.step);
            case INT32 -> (c, i) -> c.buffer.getInt(c.at + i * c.step);
            case BOOL -> (c, i) -> c.buffer.get(c.at + i * c.step);
            case FLOAT32 -> to == DataType.BOOL ? (c, i) -> c.buffer.getFloat(c.at + i * c.step) != 0 ? 1 : 0 : null;
            default -> null;
        };
        Write write = switch (to) {
            case INT64 -> (c, i, v) -> c.buffer.putLong(c.at + 8 * i, v);
            case INT32 -> (c, i, v) -> c.buffer.putInt(c.at + 4 * i, (int) v);
            case BOOL -> (c, i, v) -> c.buffer.put(c.at + i, (byte) (v != 0 ? 1 : 0));
            case FLOAT32 -> (c, i, v) -> c.buffer.putFloat(c.at + 4 * i, v);
            default -> null;
        };
        return read == null || write == null ? Optional.empty() : Optional.of((in, out, count) -> {
            for (int i = 0; i < count; i++) {
                write.at(out, i, read.at(in[0], i));
            }
        });
    }
}
