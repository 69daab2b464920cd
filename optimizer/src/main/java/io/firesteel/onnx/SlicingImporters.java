package io.firesteel.onnx;

import io.firesteel.op.Slicing.CenterCropPad;
import io.firesteel.op.Slicing.DynamicPad;
import io.firesteel.op.Slicing.DynamicSlice;
import io.firesteel.op.Slicing.Pad;
import io.firesteel.op.Slicing.PadMode;
import io.firesteel.op.Slicing.Slice;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/** Importers of operators that cut out a part of the data or surround it. */
public final class SlicingImporters implements ImporterFamily {

    @Override
    public void register(Registry registry) {
        registry.add("Slice", SlicingImporters::slice);
        registry.add("Pad", SlicingImporters::pad);
        registry.add("CenterCropPad", n -> n.emit(new CenterCropPad(n.integers("axes").orElse(List.of())), n.input(0), n.input(1)));
    }

    private static void slice(OnnxNode n) {
        Optional<List<Long>> starts = n.parameter("starts", 1);
        Optional<List<Long>> ends = n.parameter("ends", 2);
        Optional<List<Long>> axes = n.parameter("axes", 3);
        Optional<List<Long>> steps = n.parameter("steps", 4);
        boolean known = starts.isPresent() && ends.isPresent() && (axes.isPresent() || !n.hasInput(3))
                && (steps.isPresent() || !n.hasInput(4));
        if (known) {
            int count = starts.get().size();
            n.emit(new Slice(axes.orElseGet(() -> LongStream.range(0, count).boxed().toList()), starts.get(), ends.get(),
                    steps.orElseGet(() -> Collections.nCopies(count, 1L))), n.input(0));
        } else {
            n.emit(new DynamicSlice(), n.inputs());
        }
    }

    private static void pad(OnnxNode n) {
        PadMode mode = switch (n.string("mode", "constant")) {
            case "constant" -> PadMode.CONSTANT;
            case "reflect" -> PadMode.REFLECT;
            case "edge" -> PadMode.EDGE;
            case "wrap" -> PadMode.WRAP;
            default -> throw n.invalid("mode '" + n.string("mode", "") + "' is not one of constant, reflect, edge and wrap");
        };
        Optional<List<Long>> pads = n.parameter(n.has("paddings") ? "paddings" : "pads", 1);
        Optional<List<Long>> axes = n.parameter("axes", 3);
        if (pads.isEmpty() || axes.isEmpty() && n.hasInput(3) || axes.isPresent() && !n.tensor(0).hasRank()) {
            n.emit(new DynamicPad(mode), n.inputs());
            return;
        }
        int rank = axes.isPresent() ? n.rank(0) : pads.get().size() / 2;
        List<Long> begins = new ArrayList<>(Collections.nCopies(rank, 0L));
        List<Long> ends = new ArrayList<>(begins);
        List<Long> padded = axes.orElseGet(() -> LongStream.range(0, rank).boxed().toList());
        if (pads.get().size() != 2 * padded.size()) {
            throw n.invalid(pads.get().size() + " pads for " + padded.size() + " axes");
        }
        for (int i = 0; i < padded.size(); i++) {
            long axis = padded.get(i) < 0 ? padded.get(i) + rank : padded.get(i);
            begins.set((int) axis, pads.get().get(i));
            ends.set((int) axis, pads.get().get(padded.size() + i));
        }
        String value = mode == PadMode.CONSTANT ? value(n) : "";
        Pad operator = new Pad(mode, begins, ends);
        if (value.isEmpty()) {
            n.emit(operator, n.input(0));
        } else {
            n.emit(operator, n.input(0), value);
        }
    }

    /** The value to pad with, or the empty name for zero. */
    private static String value(OnnxNode n) {
        if (n.has("value")) {
            float value = n.real("value", 0);
            return value == 0 ? "" : n.constant(Tensor.scalar(n.tensor(0).dataType(), value));
        }
        Optional<Tensor> constant = n.constant(2);
        return constant.isPresent() && constant.get().elements() == 1 && !constant.get().getBoolean(0) ? "" : n.input(2);
    }
}
