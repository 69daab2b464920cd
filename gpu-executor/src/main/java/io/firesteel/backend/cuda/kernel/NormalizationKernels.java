package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.op.Normalizations;
import io.firesteel.op.Operator;
import io.firesteel.op.Softmaxes;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Normalizations over rows: softmax and its kin, and normalizations with the statistics of some axes. */
final class NormalizationKernels implements KernelFamily {

    /** Writes the passes over one row. */
    @FunctionalInterface
    private interface Passes {
        void write(RowSource rows, long length, DataType type);
    }

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        Map<Class<? extends Operator>, LayerOffer> offers = new HashMap<>();
        offers.put(Softmaxes.Softmax.class, (l, t) -> alongAxis("softmax", l, t, ((Softmaxes.Softmax) l.operator()).axis(),
                NormalizationKernels::softmax));
        offers.put(Softmaxes.LogSoftmax.class, (l, t) -> alongAxis("logSoftmax", l, t,
                ((Softmaxes.LogSoftmax) l.operator()).axis(), NormalizationKernels::logSoftmax));
        offers.put(Softmaxes.Hardmax.class, (l, t) -> alongAxis("hardmax", l, t, ((Softmaxes.Hardmax) l.operator()).axis(),
                NormalizationKernels::hardmax));
        offers.put(Normalizations.LpNormalization.class, (l, t) -> {
            Normalizations.LpNormalization op = (Normalizations.LpNormalization) l.operator();
            return alongAxis("lpNormalization", l, t, op.axis(), (r, n, type) -> unitNorm(r, op.p(), type));
        });
        offers.put(Normalizations.MeanVarianceNormalization.class, NormalizationKernels::meanVariance);
        offers.put(Normalizations.LayerNormalization.class, NormalizationKernels::layerNormalization);
        offers.put(Normalizations.RMSNormalization.class, NormalizationKernels::rmsNormalization);
        offers.put(Normalizations.InstanceNormalization.class,
                (l, t) -> groups(l, t, l.inputSizes(0)[1], ((Normalizations.InstanceNormalization) l.operator()).epsilon()));
        offers.put(Normalizations.GroupNormalization.class, (l, t) -> {
            Normalizations.GroupNormalization op = (Normalizations.GroupNormalization) l.operator();
            return groups(l, t, op.groups(), op.epsilon());
        });
        return offers;
    }

    private static boolean[] axes(int rank, int from, int to) {
        boolean[] along = new boolean[rank];
        Arrays.fill(along, from, to, true);
        return along;
    }

    private static Offer refuseUnlessReal(Layer layer) {
        return !layer.input(0).dataType().isFloatingPoint() || layer.input(0).shape().elements() == 0
                ? Offer.none("normalizations are generated for floating-point data that is not empty") : null;
    }

    private static Offer alongAxis(String name, Layer layer, KernelTarget target, long axis, Passes passes) {
        int rank = layer.input(0).shape().rank();
        int at = Sizes.axis(axis, rank);
        return rows(name, layer, target, axes(rank, at, at + 1), passes);
    }

    private static Offer rows(String name, Layer layer, KernelTarget target, boolean[] along, Passes passes) {
        Offer refusal = refuseUnlessReal(layer);
        if (refusal != null) {
            return refusal;
        }
        List<Tactic> tactics = new ArrayList<>();
        int rank = along.length;
        for (TensorFormat format : rank >= 3 ? List.of(TensorFormat.LINEAR, TensorFormat.HWC) : List.of(TensorFormat.LINEAR)) {
            TensorLayout data = CudaTypes.layout(layer, layer.input(0), format);
            TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
            inputs[0] = data;
            tactics.add(target.tactic(name + ":" + format, inputs, new TensorLayout[] {data}, (operands, constants) -> {
                TensorLayout in = operands.inputs().get(0);
                RowSource rows = new RowSource(name, in.sizes(), along, in).result(operands.outputs().get(0)).ready();
                passes.write(rows, length(in.sizes(), along), in.dataType());
                return KernelSequence.of(rows.call());
            }).precision(CudaTypes.precision(layer)).inPlace(Set.of(0)).slices(i -> true, i -> true));
        }
        return Offer.of(tactics);
    }

    private static long length(long[] sizes, boolean[] along) {
        long length = 1;
        for (int i = 0; i < sizes.length; i++) {
            length *= along[i] ? sizes[i] : 1;
        }
        return length;
    }

    private static void softmax(RowSource rows, long length, DataType type) {
        String math = CudaTypes.math(type);
        String exp = type.bytes() == 2 ? "__expf(x - m)" : "f_exp(x - m)";
        rows.line("%s m = -INF;", math).each("m = f_max(m, x);").line("m = row_max(m);").line("%s s = 0;", math)
                .each(rows.keeps() ? "x = " + exp + "; s += x;" : "s += " + exp + ";")
                .line("s = 1 / row_sum(s);").map((rows.keeps() ? "x" : exp) + " * s");
    }

    private static void logSoftmax(RowSource rows, long length, DataType type) {
        String math = CudaTypes.math(type);
        rows.line("%s m = -INF;", math).each("m = f_max(m, x);").line("m = row_max(m);").line("%s s = 0;", math)
                .each("s += f_exp(x - m);").line("s = f_log(row_sum(s));").map("(x - m) - s");
    }

    private static void hardmax(RowSource rows, long length, DataType type) {
        rows.line("%s m = -INF;", CudaTypes.math(type)).each("m = f_max(m, x);").line("m = row_max(m);")
                .line("index_t at = %d;", length).each("if (x == m && j < at) at = j;").line("at = row_min(at);")
                .map("j == at ? 1 : 0");
    }

    private static void unitNorm(RowSource rows, long p, DataType type) {
        rows.line("%s s = 0;", CudaTypes.math(type)).each(p == 1 ? "s += f_abs(x);" : "s += x * x;").line("s = row_sum(s);");
        if (p != 1) {
            rows.line("s = f_sqrt(s);");
        }
        rows.map("s == 0 ? 0 : x / s");
    }

    /** Declares {@code mean} and {@code variance}. */
    private static void statistics(RowSource rows, long length, DataType type) {
        String math = CudaTypes.math(type);
        rows.line("%s mean = 0;", math).each("mean += x;").line("mean = row_sum(mean) / %d;", length)
                .line("%s variance = 0;", math).each("variance += (x - mean) * (x - mean);")
                .line("variance = row_sum(variance) / %d;", length);
    }

    private static Offer meanVariance(Layer layer, KernelTarget target) {
        Normalizations.MeanVarianceNormalization op = (Normalizations.MeanVarianceNormalization) layer.operator();
        boolean[] along = new boolean[layer.input(0).shape().rank()];
        op.axes().forEach(a -> along[Sizes.axis(a, along.length)] = true);
        return rows("meanVariance", layer, target, along, (rows, length, type) -> {
            statistics(rows, length, type);
            rows.map(op.normalizeVariance() ? "(x - mean) / (f_sqrt(variance) + " + CudaTypes.literal(1e-9, type) + ")" : "x - mean");
        });
    }

    /** A parameter broadcast to the trailing axes of the data. */
    private static long[] parameterStrides(TensorLayout layout, int rank) {
        return PointwiseSource.broadcastStrides(layout, rank);
    }

    private static Offer layerNormalization(Layer layer, KernelTarget target) {
        Offer refusal = refuseUnlessReal(layer);
        if (refusal != null) {
            return refusal;
        }
        Normalizations.LayerNormalization op = (Normalizations.LayerNormalization) layer.operator();
        int rank = layer.input(0).shape().rank();
        boolean[] along = axes(rank, Sizes.axis(op.axis(), rank), rank);
        TensorLayout data = CudaTypes.layout(layer, layer.input(0), TensorFormat.LINEAR);
        TensorLayout[] inputs = parameters(layer, data, 3);
        TensorLayout[] outputs = new TensorLayout[layer.outputCount()];
        outputs[0] = data;
        for (int i = 1; i < outputs.length; i++) {
            outputs[i] = layer.hasOutput(i) ? TensorLayout.linear(layer.output(i)) : null;
        }
        return Offer.of(target.tactic("layerNormalization", inputs, outputs, (operands, constants) -> {
            TensorLayout in = operands.inputs().get(0);
            RowSource rows = new RowSource("layerNormalization", in.sizes(), along, in).result(operands.outputs().get(0));
            boolean biased = operands.inputs().size() > 2 && operands.inputs().get(2) != null;
            addParameters(rows, operands.inputs(), rank, biased ? new String[] {"scale", "bias"} : new String[] {"scale"});
            for (int i = 1; i < operands.outputs().size(); i++) {
                TensorLayout statistic = operands.outputs().get(i);
                if (statistic != null) {
                    rows.single(i == 1 ? "means" : "deviations", i, statistic.dataType(), parameterStrides(statistic, rank));
                }
            }
            rows.ready();
            statistics(rows, length(in.sizes(), along), in.dataType());
            rows.line("const %s factor = 1 / f_sqrt(variance + %s);", CudaTypes.math(in.dataType()),
                    CudaTypes.literal(op.epsilon(), in.dataType()));
            rows.map("(x - mean) * factor * scale_j" + (biased ? " + bias_j" : ""));
            for (int i = 1; i < operands.outputs().size(); i++) {
                if (operands.outputs().get(i) != null) {
                    rows.write(i == 1 ? "means" : "deviations", i == 1 ? "mean" : "factor");
                }
            }
            return KernelSequence.of(rows.call());
        }).precision(CudaTypes.precision(layer)).inPlace(Set.of(0)));
    }

    private static TensorLayout[] parameters(Layer layer, TensorLayout data, int count) {
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        inputs[0] = data;
        for (int i = 1; i < Math.min(count, inputs.length); i++) {
            inputs[i] = layer.hasInput(i) ? TensorLayout.linear(layer.input(i)) : null;
        }
        return inputs;
    }

    private static void addParameters(RowSource rows, List<TensorLayout> inputs, int rank, String... names) {
        for (int i = 0; i < names.length; i++) {
            TensorLayout layout = inputs.get(i + 1);
            rows.parameter(names[i], i + 1, layout.dataType(), parameterStrides(layout, rank));
        }
    }

    private static Offer rmsNormalization(Layer layer, KernelTarget target) {
        Offer refusal = refuseUnlessReal(layer);
        if (refusal != null) {
            return refusal;
        }
        Normalizations.RMSNormalization op = (Normalizations.RMSNormalization) layer.operator();
        int rank = layer.input(0).shape().rank();
        boolean[] along = axes(rank, Sizes.axis(op.axis(), rank), rank);
        TensorLayout data = CudaTypes.layout(layer, layer.input(0), TensorFormat.LINEAR);
        TensorLayout out = CudaTypes.layout(layer, layer.output(0), TensorFormat.LINEAR);
        return Offer.of(target.tactic("rmsNormalization", parameters(layer, data, 2), new TensorLayout[] {out},
                (operands, constants) -> {
                    TensorLayout in = operands.inputs().get(0);
                    RowSource rows = new RowSource("rmsNormalization", in.sizes(), along, in).result(operands.outputs().get(0));
                    addParameters(rows, operands.inputs(), rank, "scale");
                    String math = CudaTypes.math(in.dataType());
                    rows.ready().line("%s square = 0;", math).each("square += x * x;")
                            .line("square = row_sum(square) / %d;", length(in.sizes(), along))
                            .line("const %s factor = 1 / f_sqrt(square + %s);", math, CudaTypes.literal(op.epsilon(), in.dataType()))
                            .map("x * factor * scale_j");
                    return KernelSequence.of(rows.call());
                }).precision(CudaTypes.precision(layer)));
    }

    /** Each image's channels are seen as two axes, group and channel in group. */
    private static Offer groups(Layer layer, KernelTarget target, long groups, float epsilon) {
        Offer refusal = refuseUnlessReal(layer);
        long[] sizes = layer.inputSizes(0);
        if (refusal != null || sizes.length < 2) {
            return refusal != null ? refusal : Offer.none("the data has no channels");
        }
        List<Tactic> tactics = new ArrayList<>();
        for (TensorFormat format : sizes.length >= 3 ? List.of(TensorFormat.LINEAR, TensorFormat.HWC)
                : List.of(TensorFormat.LINEAR)) {
            TensorLayout data = CudaTypes.layout(layer, layer.input(0), format);
            tactics.add(target.tactic("groupNormalization:" + format, parameters(layer, data, 3),
                    new TensorLayout[] {data}, (operands, constants) -> {
                        TensorLayout in = operands.inputs().get(0);
                        long inGroup = sizes[1] / groups;
                        long[] split = split(in.sizes(), groups, inGroup);
                        return KernelSequence.of(normalizeGroups(in, inGroup, operands.inputs(), split, epsilon));
                    }).precision(CudaTypes.precision(layer)));
        }
        return Offer.of(tactics);
    }

    private static long[] split(long[] sizes, long groups, long inGroup) {
        long[] split = new long[sizes.length + 1];
        split[0] = sizes[0];
        split[1] = groups;
        split[2] = inGroup;
        System.arraycopy(sizes, 2, split, 3, sizes.length - 2);
        return split;
    }

    private static KernelCall normalizeGroups(TensorLayout in, long inGroup, List<TensorLayout> inputs, long[] split, float epsilon) {
        DataType type = in.dataType();
        long[] whole = in.strides();
        long[] apart = new long[split.length];
        apart[0] = whole[0];
        apart[1] = whole[1] * inGroup;
        System.arraycopy(whole, 1, apart, 2, whole.length - 1);
        RowSource rows = new RowSource("groupNormalization", split, axes(split.length, 2, split.length), type, apart, in.isSlice())
                .result(type, apart, in.isSlice());
        for (int i = 1; i <= 2; i++) {
            long[] strides = new long[split.length];
            boolean perGroup = inputs.get(i).sizes()[0] == split[1] && split[2] != 1;
            strides[1] = perGroup ? 1 : split[2];
            strides[2] = perGroup ? 0 : 1;
            rows.parameter(i == 1 ? "scale" : "bias", i, inputs.get(i).dataType(), strides);
        }
        rows.ready();
        statistics(rows, Sizes.product(split, 2, split.length), type);
        rows.line("const %s factor = 1 / f_sqrt(variance + %s);", CudaTypes.math(type), CudaTypes.literal(epsilon, type))
                .map("(x - mean) * factor * scale_j + bias_j");
        return rows.call();
    }
}
