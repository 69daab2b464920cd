package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.op.Indexing;
import io.firesteel.op.Indexing.ScatterReduction;
import io.firesteel.op.Operator;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Operators that read or write at positions given by a tensor; positions outside are clamped, so that nothing else is read. */
final class IndexingKernels implements KernelFamily {

    private static final int VECTOR_BYTES = 16;

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        Map<Class<? extends Operator>, LayerOffer> offers = new HashMap<>();
        offers.put(Indexing.Gather.class, (l, t) -> offer("gather", l, t, IndexingKernels::gather));
        offers.put(Indexing.GatherElements.class, (l, t) -> offer("gatherElements", l, t, IndexingKernels::gatherElements));
        offers.put(Indexing.GatherND.class, (l, t) -> offer("gatherND", l, t, IndexingKernels::gatherNd));
        offers.put(Indexing.ScatterElements.class, (l, t) -> scatter(l, t, ((Indexing.ScatterElements) l.operator()).reduction()));
        offers.put(Indexing.ScatterND.class, (l, t) -> scatter(l, t, ((Indexing.ScatterND) l.operator()).reduction()));
        return offers;
    }

    /** The kernels of one step. */
    @FunctionalInterface
    private interface Calls {
        List<KernelCall> of(Layer layer, Operands operands);
    }

    private static Offer offer(String name, Layer layer, KernelTarget target, Calls calls) {
        if (layer.output(0).shape().elements() == 0 || layer.input(0).shape().elements() == 0) {
            return Offer.none("nothing is read");
        }
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = CudaTypes.layout(layer, layer.input(i), TensorFormat.LINEAR);
        }
        TensorLayout[] outputs = {CudaTypes.layout(layer, layer.output(0), TensorFormat.LINEAR)};
        return Offer.of(target.tactic(name, inputs, outputs,
                (operands, constants) -> new KernelSequence(calls.of(layer, operands), 0))
                .cost(2.0 * outputs[0].bytes()).precision(CudaTypes.precision(layer)));
    }

    /** Whole slices: runs of bytes, moved in the widest unit that divides them. */
    private static List<KernelCall> gather(Layer layer, Operands operands) {
        TensorLayout data = operands.inputs().get(0);
        TensorLayout indices = operands.inputs().get(1);
        long[] sizes = data.sizes();
        int axis = Sizes.axis(((Indexing.Gather) layer.operator()).axis(), sizes.length);
        long run = Sizes.product(sizes, axis + 1, sizes.length) * data.dataType().bytes();
        int unit = VECTOR_BYTES;
        while (run % unit != 0) {
            unit /= 2;
        }
        String type = unit == VECTOR_BYTES ? "uint4" : CudaTypes.bits(unit);
        long[] domain = {Sizes.product(sizes, 0, axis), indices.type().shape().elements(), run / unit};
        return List.of(new ElementSource("gather", domain).pointer("data", "const " + type, Argument.input(0))
                .pointer("indices", "const " + CudaTypes.storage(indices.dataType()), Argument.input(1))
                .pointer("result", type, Argument.output(0))
                .line("const index_t at = place(indices[c1], %d);", sizes[axis])
                .line("result[number] = data[(c0 * %d + at) * %d + c2];", sizes[axis], domain[2]).places().call());
    }

    private static List<KernelCall> gatherElements(Layer layer, Operands operands) {
        TensorLayout out = operands.outputs().get(0);
        long size = operands.inputs().get(0).sizes()[axisOf(layer)];
        ElementSource source = new ElementSource("gatherElements", out.sizes()).input("data", 0, operands.inputs().get(0))
                .input("indices", 1, operands.inputs().get(1)).output("y", 0, out).places();
        source.line("const index_t at = place(indices(%s), %d);", source.here(), size);
        return List.of(source.line("set_y(data(%s), %s);", source.here().replace("c" + axisOf(layer), "at"), source.here()).call());
    }

    private static int axisOf(Layer layer) {
        long axis = layer.operator() instanceof Indexing.GatherElements g ? g.axis()
                : ((Indexing.ScatterElements) layer.operator()).axis();
        return Sizes.axis(axis, layer.input(0).shape().rank());
    }

    private static List<KernelCall> gatherNd(Layer layer, Operands operands) {
        TensorLayout data = operands.inputs().get(0);
        TensorLayout indices = operands.inputs().get(1);
        int batch = (int) ((Indexing.GatherND) layer.operator()).batchDims();
        long[] places = indices.sizes();
        int rank = places.length;
        int taken = (int) places[rank - 1];
        long run = Sizes.product(data.sizes(), batch + taken, data.sizes().length);
        long tuples = Sizes.product(places, 0, rank - 1);
        long each = Sizes.product(places, batch, rank - 1);
        long[] strides = Sizes.strides(data.sizes());
        String bits = CudaTypes.bits(data.dataType().bytes());
        ElementSource source = new ElementSource("gatherND", new long[] {tuples, run}).pointer("data", "const " + bits, Argument.input(0))
                .pointer("indices", "const " + CudaTypes.storage(indices.dataType()), Argument.input(1))
                .pointer("result", bits, Argument.output(0)).extent(data.type().shape().elements()).places();
        source.line("index_t at = c0 / %d * %d + c1;", each, Sizes.product(data.sizes(), batch, data.sizes().length));
        for (int i = 0; i < taken; i++) {
            source.line("at += place(indices[c0 * %d + %d], %d) * %d;", taken, i, data.sizes()[batch + i], strides[batch + i]);
        }
        return List.of(source.line("result[number] = data[at];").call());
    }

    /** Copies the data, then writes the updates; those that combine do so one after the other where the result depends on order. */
    private static Offer scatter(Layer layer, KernelTarget target, ScatterReduction reduction) {
        if (layer.input(0).dataType() == DataType.BOOL && reduction != ScatterReduction.NONE) {
            return Offer.none("scattering bool with a reduction is not generated");
        }
        return offer("scatter", layer, target, (l, operands) -> {
            TensorLayout data = operands.inputs().get(0);
            List<KernelCall> calls = new ArrayList<>();
            calls.add(new StridedCopy(data.sizes(), data.strides(), data.strides(), Argument.input(0), data.dataType(),
                    Argument.output(0), data.dataType(), false).call());
            if (operands.inputs().get(2).type().shape().elements() > 0) {
                calls.add(l.operator() instanceof Indexing.ScatterElements ? scatterElements(l, operands, reduction)
                        : scatterNd(operands, reduction));
            }
            return calls;
        });
    }

    private static String join(ScatterReduction reduction) {
        return switch (reduction) {
            case NONE -> "update";
            case ADD -> "old + update";
            case MUL -> "old * update";
            case MAX -> "f_max(old, update)";
            case MIN -> "f_min(old, update)";
        };
    }

    /** A thread for each lane along the axis, which takes its updates in order. */
    private static KernelCall scatterElements(Layer layer, Operands operands, ScatterReduction reduction) {
        TensorLayout data = operands.outputs().get(0);
        TensorLayout indices = operands.inputs().get(1);
        TensorLayout updates = operands.inputs().get(2);
        int axis = axisOf(layer);
        long[] lanes = updates.sizes();
        lanes[axis] = 1;
        String storage = CudaTypes.storage(data.dataType());
        ElementSource source = new ElementSource("scatterElements", lanes).pointer("data", storage, Argument.output(0))
                .input("indices", 1, indices).input("updates", 2, updates).extent(data.type().shape().elements()).places();
        String here = source.here().replace("c" + axis, "k");
        source.line("for (index_t k = 0; k < %d; ++k) {", updates.sizes()[axis])
                .line("    const index_t at = place(indices(%s), %d);", here, data.sizes()[axis])
                .line("    const auto update = updates(%s);", here)
                .line("    %s& target = data[%s];", storage, SourceText.offset("c", data.strides()).replace("c" + axis, "at"))
                .line("    const auto old = get(target);")
                .line("    target = put<%s>(%s);", storage, join(reduction)).line("}");
        return source.call();
    }

    /** A thread for each element of a slice, which takes the updates in order. */
    private static KernelCall scatterNd(Operands operands, ScatterReduction reduction) {
        TensorLayout data = operands.outputs().get(0);
        TensorLayout indices = operands.inputs().get(1);
        long[] places = indices.sizes();
        int taken = (int) places[places.length - 1];
        long tuples = Sizes.product(places, 0, places.length - 1);
        long run = Sizes.product(data.sizes(), taken, data.sizes().length);
        long[] strides = Sizes.strides(data.sizes());
        String storage = CudaTypes.storage(data.dataType());
        boolean ordered = reduction != ScatterReduction.NONE;
        ElementSource source = new ElementSource("scatterND", ordered ? new long[] {run} : new long[] {run, tuples})
                .pointer("data", storage, Argument.output(0))
                .pointer("indices", "const " + CudaTypes.storage(indices.dataType()), Argument.input(1))
                .pointer("updates", "const " + storage, Argument.input(2)).extent(data.type().shape().elements()).places();
        source.line(ordered ? "for (index_t k = 0; k < %d; ++k) {" : "const index_t k = c1; {", tuples)
                .line("    index_t at = c0;");
        for (int i = 0; i < taken; i++) {
            source.line("    at += place(indices[k * %d + %d], %d) * %d;", taken, i, data.sizes()[i], strides[i]);
        }
        return source.line("    const auto update = get(updates[k * %d + c0]);", run).line("    const auto old = get(data[at]);")
                .line("    data[at] = put<%s>(%s);", storage, join(reduction)).line("}").call();
    }
}
