package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.op.CumulativeOperators;
import io.firesteel.op.Operator;
import io.firesteel.op.Ordering;
import io.firesteel.tensor.DataType;
import java.util.Map;

/** Running sums and products, and the largest or smallest elements in order. */
final class OrderingKernels implements KernelFamily {

    private static final long MOST_ORDERED = 1 << 14;

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        return Map.of(CumulativeOperators.CumSum.class, (l, t) -> {
            CumulativeOperators.CumSum op = (CumulativeOperators.CumSum) l.operator();
            return running(l, t, op.exclusive(), op.reverse(), "0", "+");
        }, CumulativeOperators.CumProd.class, (l, t) -> {
            CumulativeOperators.CumProd op = (CumulativeOperators.CumProd) l.operator();
            return running(l, t, op.exclusive(), op.reverse(), "1", "*");
        }, Ordering.TopK.class, OrderingKernels::topK);
    }

    private static Offer running(Layer layer, KernelTarget target, boolean exclusive, boolean reverse, String start, String operator) {
        if (layer.constant(1).isEmpty() || layer.output(0).shape().elements() == 0) {
            return Offer.none("the axis depends on data, or the result is empty");
        }
        long[] sizes = layer.inputSizes(0);
        int axis = Sizes.axis(layer.constant(1).get().getLong(0), sizes.length);
        TensorLayout data = CudaTypes.layout(layer, layer.input(0), TensorFormat.LINEAR);
        return Offer.of(target.tactic("cumulative", new TensorLayout[] {data, null}, new TensorLayout[] {data},
                (operands, constants) -> {
                    long[] lanes = sizes.clone();
                    lanes[axis] = 1;
                    ElementSource source = new ElementSource("cumulative", lanes).input("x", 0, operands.inputs().get(0))
                            .output("y", 0, operands.outputs().get(0));
                    String at = source.here().replace("c" + axis, "at");
                    source.line("%s r = %s;", CudaTypes.math(data.dataType()), start)
                            .line("for (index_t k = 0; k < %d; ++k) {", sizes[axis])
                            .line("    const index_t at = %s;", reverse ? sizes[axis] - 1 + " - k" : "k")
                            .line("    const auto v = x(%s);", at);
                    if (exclusive) {
                        source.line("    set_y(r, %s);", at).line("    r = r %s v;", operator);
                    } else {
                        source.line("    r = r %s v;", operator).line("    set_y(r, %s);", at);
                    }
                    return KernelSequence.of(source.line("}").call());
                }).precision(CudaTypes.precision(layer)));
    }

    /** Each element counts those that come before it. */
    private static Offer topK(Layer layer, KernelTarget target) {
        Ordering.TopK op = (Ordering.TopK) layer.operator();
        long[] sizes = layer.inputSizes(0);
        int axis = Sizes.axis(op.axis(), sizes.length);
        if (sizes[axis] > MOST_ORDERED || layer.input(0).shape().elements() == 0) {
            return Offer.none("ordering " + sizes[axis] + " elements is not generated");
        }
        TensorLayout[] inputs = {CudaTypes.layout(layer, layer.input(0), TensorFormat.LINEAR), null};
        TensorLayout[] outputs = new TensorLayout[2];
        for (int i = 0; i < Math.min(2, layer.outputCount()); i++) {
            outputs[i] = layer.hasOutput(i) ? CudaTypes.layout(layer, layer.output(i), TensorFormat.LINEAR) : null;
        }
        long wanted = (layer.hasOutput(0) ? layer.outputSizes(0) : layer.outputSizes(1))[axis];
        return Offer.of(target.tactic("topK", inputs, outputs, (operands, constants) -> {
            ElementSource source = new ElementSource("topK", sizes).input("x", 0, operands.inputs().get(0));
            String there = source.here().replace("c" + axis, "k");
            String place = source.here().replace("c" + axis, "before");
            DataType type = layer.input(0).dataType();
            source.line("const %s v = x(%s);", CudaTypes.math(type), source.here()).line("index_t before = 0;")
                    .line("for (index_t k = 0; k < %d; ++k) {", sizes[axis]).line("    const auto other = x(%s);", there)
                    .line("    before += other %s v || other == v && k < c%d ? 1 : 0;", op.largest() ? ">" : "<", axis).line("}")
                    .line("if (before < %d) {", wanted);
            if (outputs[0] != null) {
                source.output("values", 0, operands.outputs().get(0)).line("    set_values(v, %s);", place);
            }
            if (outputs[1] != null) {
                source.output("places", 1, operands.outputs().get(1)).line("    set_places(c%d, %s);", axis, place);
            }
            return KernelSequence.of(source.line("}").call());
        }).precision(CudaTypes.precision(layer)));
    }
}
