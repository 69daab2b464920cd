package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.op.Filtering;
import io.firesteel.op.Generators;
import io.firesteel.op.Operator;
import io.firesteel.op.Rearrangement;
import io.firesteel.op.Selection;
import io.firesteel.op.Slicing;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Operators each of whose elements is made from its place: fills, ranges, padding, triangles, reversed sequences. */
final class GeneratorKernels implements KernelFamily {

    /** Writes the body of a kernel whose domain is the result. */
    @FunctionalInterface
    private interface Body {
        void write(Layer layer, ElementSource source);
    }

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        Map<Class<? extends Operator>, LayerOffer> offers = new HashMap<>();
        offers.put(Generators.ConstantOfShape.class, (l, t) -> offer("fill", l, t, List.of(), (layer, s) -> {
            Generators.ConstantOfShape op = (Generators.ConstantOfShape) layer.operator();
            s.line("set_y(%s, %s);", op.dataType().isFloatingPoint() ? CudaTypes.literal(op.real(), DataType.FLOAT64)
                    : op.integer() == Long.MIN_VALUE ? "(-9223372036854775807ll - 1)" : op.integer() + "ll", s.here());
        }));
        offers.put(Generators.EyeLike.class, (l, t) -> offer("eye", l, t, List.of(), (layer, s) ->
                s.line("set_y(c1 - c0 == %d ? 1 : 0, %s);", ((Generators.EyeLike) layer.operator()).k(), s.here())));
        offers.put(Generators.Range.class, (l, t) -> offer("range", l, t, List.of(0, 2), (layer, s) ->
                s.line("set_y(x0(0) + (%s) c0 * x2(0), c0);", CudaTypes.math(layer.output(0).dataType()))));
        offers.put(Generators.OneHot.class, (l, t) -> offer("oneHot", l, t, List.of(0, 2), GeneratorKernels::oneHot));
        offers.put(Filtering.Trilu.class, (l, t) -> offer("trilu", l, t, l.hasInput(1) ? List.of(0, 1) : List.of(0), (layer, s) -> {
            int rank = layer.output(0).shape().rank();
            s.line("const long long k = %s;", layer.hasInput(1) ? "x1(0)" : "0");
            s.line("const bool stays = (long long) c%d - c%d %s k;", rank - 1, rank - 2,
                    ((Filtering.Trilu) layer.operator()).upper() ? ">=" : "<=");
            s.line("const auto v = x0(%s);", s.here()).line("set_y(stays ? v : zero_like(v), %s);", s.here());
        }));
        offers.put(Slicing.Pad.class, GeneratorKernels::pad);
        offers.put(Rearrangement.ReverseSequence.class,
                (l, t) -> offer("reverseSequence", l, t, List.of(0, 1), GeneratorKernels::reverse));
        offers.put(Selection.Clip.class, (l, t) -> offer("clip", l, t, l.hasInput(1) ? l.hasInput(2) ? List.of(0, 1, 2)
                : List.of(0, 1) : l.hasInput(2) ? List.of(0, 2) : List.of(0), GeneratorKernels::clip));
        return offers;
    }

    private static Offer offer(String name, Layer layer, KernelTarget target, List<Integer> read, Body body) {
        if (layer.output(0).shape().elements() == 0) {
            return Offer.none("the result is empty");
        }
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        for (int i : read) {
            inputs[i] = CudaTypes.layout(layer, layer.input(i), TensorFormat.LINEAR);
        }
        TensorLayout[] outputs = {CudaTypes.layout(layer, layer.output(0), TensorFormat.LINEAR)};
        return Offer.of(target.tactic(name, inputs, outputs, (operands, constants) -> {
            TensorLayout out = operands.outputs().get(0);
            ElementSource source = new ElementSource(name, out.sizes()).output("y", 0, out);
            read.forEach(i -> source.input("x" + i, i, operands.inputs().get(i)));
            body.write(layer, source);
            return KernelSequence.of(source.call());
        }).precision(CudaTypes.precision(layer)).slices(i -> true, i -> true));
    }

    private static void oneHot(Layer layer, ElementSource source) {
        int rank = layer.output(0).shape().rank();
        int axis = Sizes.axis(((Generators.OneHot) layer.operator()).axis(), rank);
        List<String> others = new ArrayList<>();
        for (int i = 0; i < rank; i++) {
            if (i != axis) {
                others.add("c" + i);
            }
        }
        long depth = layer.outputSizes(0)[axis];
        source.line("long long at = (long long) x0(%s);", String.join(", ", others)).line("at = at < 0 ? at + %d : at;", depth)
                .line("set_y(at == c%d ? x2(1) : x2(0), %s);", axis, source.here());
    }

    private static Offer pad(Layer layer, KernelTarget target) {
        if (layer.input(0).shape().elements() == 0) {
            return Offer.none("padding of nothing is not generated");
        }
        return offer("pad", layer, target, layer.hasInput(1) ? List.of(0, 1) : List.of(0), (l, source) -> {
            Slicing.Pad op = (Slicing.Pad) l.operator();
            long[] sizes = l.inputSizes(0);
            List<String> places = new ArrayList<>();
            source.line("bool inside = true;");
            for (int i = 0; i < sizes.length; i++) {
                source.line("index_t p%d = c%d - (%d);", i, i, op.begins().get(i));
                source.line(switch (op.mode()) {
                    case CONSTANT -> "inside = inside && p%1$d >= 0 && p%1$d < %2$d;";
                    case EDGE -> "p%1$d = p%1$d < 0 ? 0 : p%1$d >= %2$d ? %2$d - 1 : p%1$d;";
                    case WRAP -> "p%1$d = (p%1$d %% %2$d + %2$d) %% %2$d;";
                    case REFLECT -> sizes[i] == 1 ? "p%1$d = 0;" : "p%1$d = (p%1$d %% %3$d + %3$d) %% %3$d; "
                            + "p%1$d = p%1$d >= %2$d ? %3$d - p%1$d : p%1$d;";
                }, i, sizes[i], 2 * (sizes[i] - 1));
                places.add("p" + i);
            }
            String filler = l.hasInput(1) ? "x1(0)" : "(" + CudaTypes.math(l.output(0).dataType()) + ") 0";
            source.line("set_y(inside ? x0(%s) : %s, %s);", String.join(", ", places), filler, source.here());
        });
    }

    private static void reverse(Layer layer, ElementSource source) {
        Rearrangement.ReverseSequence op = (Rearrangement.ReverseSequence) layer.operator();
        source.line("const long long length = x1(c%d);", op.batchAxis())
                .line("const index_t at = c%1$d < length ? (index_t) length - 1 - c%1$d : c%1$d;", op.timeAxis())
                .line("set_y(x0(%s), %s);", source.here().replaceFirst("c" + op.timeAxis() + "\\b", "at"), source.here());
    }

    private static void clip(Layer layer, ElementSource source) {
        source.line("auto v = x0(%s);", source.here());
        for (int i = 1; i < 3; i++) {
            if (i < layer.inputCount() && layer.hasInput(i)) {
                source.line("v = f_%s(v, x%d(%s));", i == 1 ? "max" : "min", i, "0");
            }
        }
        source.line("set_y(v, %s);", source.here());
    }
}
