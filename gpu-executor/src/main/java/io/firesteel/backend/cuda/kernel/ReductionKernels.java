package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.op.Operator;
import io.firesteel.op.Ordering;
import io.firesteel.op.Pooling;
import io.firesteel.op.Reduction;
import io.firesteel.op.Reductions;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reductions over any axes, global pooling, and the places of the largest and smallest. */
final class ReductionKernels implements KernelFamily {

    /** How a row is reduced: it leaves {@code result}. */
    @FunctionalInterface
    private interface Passes {
        void write(RowSource rows, long length, DataType type);
    }

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        Map<Class<? extends Operator>, LayerOffer> offers = new HashMap<>();
        reduction(offers, Reductions.ReduceSum.class, (r, n, t) -> sum(r, t, "x", "result"));
        reduction(offers, Reductions.ReduceMean.class, (r, n, t) -> sum(r, t, "x", "result / " + length(n, t)));
        reduction(offers, Reductions.ReduceL1.class, (r, n, t) -> sum(r, t, "f_abs(x)", "result"));
        reduction(offers, Reductions.ReduceSumSquare.class, (r, n, t) -> sum(r, t, "x * x", "result"));
        reduction(offers, Reductions.ReduceMax.class, (r, n, t) -> extreme(r, t, true));
        reduction(offers, Reductions.ReduceMin.class, (r, n, t) -> extreme(r, t, false));
        reduction(offers, Reductions.ReduceProd.class, (r, n, t) -> r.line("%s result = 1;", CudaTypes.math(t))
                .each("result *= x;").line("result = row_product(result);"));
        real(offers, Reductions.ReduceL2.class, (r, n, t) -> sum(r, t, "x * x", "f_sqrt(result)"));
        real(offers, Reductions.ReduceLogSum.class, (r, n, t) -> sum(r, t, "x", "f_log(result)"));
        real(offers, Reductions.ReduceLogSumExp.class, (r, n, t) -> {
            r.line("%s m = -INF;", CudaTypes.math(t)).each("m = f_max(m, x);")
                    .line("m = row_max(m);").line("m = f_isinf(m, true, true) ? 0 : m;");
            sum(r, t, "f_exp(x - m)", "f_log(result) + m");
        });
        offers.put(Pooling.GlobalAveragePool.class, (l, t) -> spatial(l, t, (r, n, type) -> sum(r, type, "x", "result / " + length(n, type))));
        offers.put(Pooling.GlobalMaxPool.class, (l, t) -> spatial(l, t, (r, n, type) -> extreme(r, type, true)));
        offers.put(Pooling.GlobalLpPool.class, (l, t) -> {
            String p = CudaTypes.literal(((Pooling.GlobalLpPool) l.operator()).p(), l.input(0).dataType());
            return spatial(l, t, (r, n, type) -> sum(r, type, "f_pow(f_abs(x), " + p + ")", "f_pow(result, 1 / " + p + ")"));
        });
        offers.put(Ordering.ArgMax.class, (l, t) -> {
            Ordering.ArgMax op = (Ordering.ArgMax) l.operator();
            return place(l, t, op.axis(), op.selectLastIndex(), true);
        });
        offers.put(Ordering.ArgMin.class, (l, t) -> {
            Ordering.ArgMin op = (Ordering.ArgMin) l.operator();
            return place(l, t, op.axis(), op.selectLastIndex(), false);
        });
        return offers;
    }

    private static String length(long n, DataType type) {
        return type.isFloatingPoint() ? CudaTypes.literal(n, type) : "(" + CudaTypes.math(type) + ") " + n;
    }

    private static void sum(RowSource rows, DataType type, String term, String result) {
        rows.line("%s result = 0;", CudaTypes.math(type)).each("result += " + term + ";").line("result = row_sum(result);")
                .line("result = %s;", result);
    }

    private static void extreme(RowSource rows, DataType type, boolean largest) {
        String name = largest ? "max" : "min";
        rows.line("%s result = %s;", CudaTypes.math(type), largest ? CudaTypes.lowest(type) : CudaTypes.highest(type))
                .each("result = f_" + name + "(result, x);").line("result = row_%s(result);", name);
    }

    private static void reduction(Map<Class<? extends Operator>, LayerOffer> offers, Class<? extends Reduction> type, Passes passes) {
        offers.put(type, (layer, target) -> reduced(layer, target, passes));
    }

    private static void real(Map<Class<? extends Operator>, LayerOffer> offers, Class<? extends Reduction> type, Passes passes) {
        offers.put(type, (layer, target) -> layer.input(0).dataType().isFloatingPoint() ? reduced(layer, target, passes)
                : Offer.none("this reduction of integers is not generated"));
    }

    private static Offer reduced(Layer layer, KernelTarget target, Passes passes) {
        Reduction op = (Reduction) layer.operator();
        int rank = layer.input(0).shape().rank();
        List<Long> axes = op.axes();
        if (layer.hasInput(1)) {
            Optional<Tensor> given = layer.constant(1);
            if (given.isEmpty()) {
                return Offer.none("the axes depend on data");
            }
            axes = Arrays.stream(given.get().toLongs()).boxed().toList();
        }
        boolean[] along = new boolean[rank];
        Arrays.fill(along, axes.isEmpty() && !op.noopWithEmptyAxes());
        axes.forEach(a -> along[Sizes.axis(a, rank)] = true);
        return offer("reduce", layer, target, along, passes, layer.output(0).shape().rank() == rank);
    }

    private static Offer spatial(Layer layer, KernelTarget target, Passes passes) {
        boolean[] along = new boolean[layer.input(0).shape().rank()];
        Arrays.fill(along, 2, along.length, true);
        return offer("globalPool", layer, target, along, passes, true);
    }

    private static Offer place(Layer layer, KernelTarget target, long axis, boolean last, boolean largest) {
        boolean[] along = new boolean[layer.input(0).shape().rank()];
        along[Sizes.axis(axis, along.length)] = true;
        return offer(largest ? "argMax" : "argMin", layer, target, along, (rows, length, type) -> {
            extreme(rows, type, largest);
            rows.line("index_t at = %d;", last ? -1 : length).each("if (x == result && j " + (last ? ">" : "<") + " at) at = j;")
                    .line("const index_t place = row_%s(at);", last ? "max" : "min");
        }, layer.output(0).shape().rank() == along.length);
    }

    private static Offer offer(String name, Layer layer, KernelTarget target, boolean[] along, Passes passes, boolean keepsAxes) {
        if (layer.input(0).shape().elements() == 0 || layer.output(0).shape().elements() == 0) {
            return Offer.none("reductions of nothing are not generated");
        }
        List<Tactic> tactics = new ArrayList<>();
        for (TensorFormat format : along.length >= 3 ? List.of(TensorFormat.LINEAR, TensorFormat.HWC)
                : List.of(TensorFormat.LINEAR)) {
            TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
            inputs[0] = CudaTypes.layout(layer, layer.input(0), format);
            TensorLayout[] outputs = new TensorLayout[layer.outputCount()];
            outputs[0] = CudaTypes.layout(layer, layer.output(0), TensorFormat.LINEAR);
            tactics.add(target.tactic(name + ":" + format, inputs, outputs, (operands, constants) ->
                    KernelSequence.of(call(name, operands.inputs().get(0), operands.outputs().get(0), along, passes, keepsAxes)))
                    .precision(CudaTypes.precision(layer)).slices(i -> true, i -> true));
        }
        return Offer.of(tactics);
    }

    private static KernelCall call(String name, TensorLayout in, TensorLayout out, boolean[] along, Passes passes, boolean keepsAxes) {
        long[] strides = new long[along.length];
        int next = 0;
        long length = 1;
        for (int i = 0; i < along.length; i++) {
            length *= along[i] ? in.sizes()[i] : 1;
            strides[i] = along[i] ? 0 : out.strides()[keepsAxes ? i : next];
            next += along[i] ? 0 : 1;
        }
        RowSource rows = new RowSource(name, in.sizes(), along, in).single("y", 0, out.dataType(),
                along.length == 0 ? new long[] {0} : strides).ready();
        passes.write(rows, length, in.dataType());
        return rows.write("y", name.startsWith("arg") ? "place" : "result").call();
    }
}
