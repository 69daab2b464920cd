package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.op.Operator;
import io.firesteel.op.Pooling;
import io.firesteel.op.PoolingWindow;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Pooling over windows of any rank; with channels innermost a thread pools a vector of them. */
final class PoolingKernels implements KernelFamily {

    private static final int VECTOR_BYTES = 16;

    /**
     * What is done with a window's elements.
     *
     * @param start of {@code r}
     * @param join a statement that joins {@code x} to {@code r}
     * @param finish an expression of {@code r} and {@code count}
     * @param countsPadding whether padding counts
     */
    private record Form(String name, PoolingWindow window, String start, String join, String finish, boolean countsPadding) { }

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        return Map.of(Pooling.MaxPool.class, PoolingKernels::largest, Pooling.AveragePool.class, PoolingKernels::average,
                Pooling.LpPool.class, PoolingKernels::norm, Pooling.MaxUnpool.class, PoolingKernels::unpool);
    }

    private static Offer largest(Layer layer, KernelTarget target) {
        Pooling.MaxPool op = (Pooling.MaxPool) layer.operator();
        if (layer.hasOutput(1)) {
            return places(layer, target, op);
        }
        Offer windows = windows(layer, target, new Form("maxPool", op.window(), CudaTypes.lowest(layer.input(0).dataType()),
                "r = f_max(r, x);", "r", false));
        List<Tactic> tiles = TiledMaxPool.tactics(layer, target, op.window());
        return tiles.isEmpty() ? windows : Offer.of(Stream.concat(tiles.stream(), windows.tactics().stream()).toList());
    }

    private static Offer average(Layer layer, KernelTarget target) {
        Pooling.AveragePool op = (Pooling.AveragePool) layer.operator();
        return windows(layer, target, new Form("averagePool", op.window(), "0", "r += x;", "r / count", op.countIncludePad()));
    }

    private static Offer norm(Layer layer, KernelTarget target) {
        Pooling.LpPool op = (Pooling.LpPool) layer.operator();
        String p = CudaTypes.literal(op.p(), layer.input(0).dataType());
        return windows(layer, target, op.p() == 2 ? new Form("lpPool", op.window(), "0", "r += x * x;", "f_sqrt(r)", false)
                : new Form("lpPool", op.window(), "0", "r += f_pow(f_abs(x), " + p + ");", "f_pow(r, 1 / " + p + ")", false));
    }

    private static Offer windows(Layer layer, KernelTarget target, Form form) {
        if (layer.output(0).shape().elements() == 0) {
            return Offer.none("the result is empty");
        }
        List<Tactic> tactics = new ArrayList<>();
        for (TensorFormat format : List.of(TensorFormat.HWC, TensorFormat.LINEAR)) {
            TensorLayout in = CudaTypes.layout(layer, layer.input(0), format);
            TensorLayout[] outputs = new TensorLayout[layer.outputCount()];
            outputs[0] = CudaTypes.layout(layer, layer.output(0), format);
            tactics.add(target.tactic(form.name + ":" + format, new TensorLayout[] {in}, outputs,
                    (operands, constants) -> KernelSequence.of(window(form, operands.inputs().get(0), operands.outputs().get(0))))
                    .precision(CudaTypes.precision(layer)).slices(i -> true, i -> true));
        }
        return Offer.of(tactics);
    }

    private static KernelCall window(Form form, TensorLayout in, TensorLayout out) {
        DataType type = in.dataType();
        int rank = in.sizes().length;
        long channels = in.sizes()[1];
        int vector = in.format() == TensorFormat.HWC && out.format() == TensorFormat.HWC ? VECTOR_BYTES / type.bytes() : 1;
        while (vector > 1 && (channels % vector != 0 || in.parentChannels() % vector != 0 || out.parentChannels() % vector != 0)) {
            vector /= 2;
        }
        boolean inner = in.format() == TensorFormat.HWC;
        long[] domain = new long[rank];
        domain[0] = in.sizes()[0];
        domain[inner ? rank - 1 : 1] = channels / vector;
        for (int i = 2; i < rank; i++) {
            domain[inner ? i - 1 : i] = out.sizes()[i];
        }
        String c = "c" + (inner ? rank - 1 : 1);
        long[] from = in.strides();
        long[] to = out.strides();
        String storage = CudaTypes.storage(type);
        String math = CudaTypes.math(type);
        ElementSource source = new ElementSource(form.name, domain).pointer("in", "const " + storage, Argument.input(0))
                .pointer("out", storage, Argument.output(0)).extent(in.type().shape().elements() * (in.parentChannels() / channels + 1));
        boolean words = form.name.equals("maxPool") && type.bytes() == 1 && vector % 4 == 0 && type != DataType.BOOL;
        if (words) {
            // Bytes are compared as the high bytes of half words: what lies below them decides nothing but what is not kept.
            source.line("unsigned even[%1$d], odd[%1$d];", vector / 4).line("for (int e = 0; e < %d; ++e) even[e] = odd[e] = %s;", vector / 4,
                    type == DataType.INT8 ? "0x80008000u" : "0u");
        } else {
            source.line("%s r_[%d];", math, vector).line("for (int e = 0; e < %d; ++e) r_[e] = %s;", vector, form.start);
        }
        source.line("const %s* const base = in + c0 * %d + %s * %d;", storage, from[0], c, from[1] * vector);
        StringBuilder product = new StringBuilder("1");
        StringBuilder close = new StringBuilder();
        StringBuilder offset = new StringBuilder("0");
        for (int i = 0; i < rank - 2; i++) {
            String o = "c" + (inner ? i + 1 : i + 2);
            PoolingWindow w = form.window;
            String first = o + " * " + w.strides().get(i) + " - " + w.padsBegin().get(i);
            long size = in.sizes()[i + 2];
            String bounds = form.countsPadding ? "at < " + (size + w.padsEnd().get(i)) : "at >= 0 && at < " + size;
            source.line("int n%d = 0;", i).line("for (int k = 0; k < %d; ++k) { const index_t at = %s + k * %d; n%d += %s ? 1 : 0; }",
                    w.kernel().get(i), first, w.dilations().get(i), i, bounds);
            product.append(" * n").append(i);
        }
        for (int i = 0; i < rank - 2; i++) {
            String o = "c" + (inner ? i + 1 : i + 2);
            PoolingWindow w = form.window;
            source.line("#pragma unroll").line("for (int k%1$d = 0; k%1$d < %2$d; ++k%1$d) {", i, w.kernel().get(i))
                    .line("const index_t i%d = %s * %d - %d + k%d * %d;", i, o, w.strides().get(i), w.padsBegin().get(i), i,
                            w.dilations().get(i))
                    .line("if (i%1$d >= 0 && i%1$d < %2$d) {", i, in.sizes()[i + 2]);
            close.append("}}");
            offset.append(" + i").append(i).append(" * ").append(from[i + 2]);
        }
        String load = in.isSlice() ? "load_loose" : "load_pack";
        if (words) {
            String largest = type == DataType.INT8 ? "__vmaxs2" : "__vmaxu2";
            source.line("const Pack<unsigned, %1$d> p = %3$s<unsigned, %1$d>((const unsigned*) (base + %2$s));", vector / 4, offset, load)
                    .line("#pragma unroll").line("for (int e = 0; e < %d; ++e) {", vector / 4)
                    .line("even[e] = %1$s(even[e], p.v[e] << 8); odd[e] = %1$s(odd[e], p.v[e]); }", largest).line("%s", close)
                    .line("Pack<unsigned, %d> q;", vector / 4)
                    .line("for (int e = 0; e < %d; ++e) q.v[e] = odd[e] & 0xff00ff00u | even[e] >> 8 & 0x00ff00ffu;", vector / 4);
        } else {
            source.line("const Pack<%1$s, %2$d> p = %4$s<%1$s, %2$d>(base + %3$s);", storage, vector, offset, load).line("#pragma unroll")
                    .line("for (int e = 0; e < %d; ++e) { const %s x = get(p.v[e]); %s& r = r_[e]; %s }", vector, math, math, form.join)
                    .line("%s", close);
            source.line("const %s count = %s;", math, product).line("Pack<%s, %d> q;", storage, vector)
                    .line("for (int e = 0; e < %d; ++e) { const %s r = r_[e]; q.v[e] = put<%s>(%s); }", vector, math, storage, form.finish);
        }
        StringBuilder place = new StringBuilder("c0 * " + to[0] + " + " + c + " * " + to[1] * vector);
        for (int i = 0; i < rank - 2; i++) {
            place.append(" + c").append(inner ? i + 1 : i + 2).append(" * ").append(to[i + 2]);
        }
        return source.line("%s(%sout + %s%s, q);", out.isSlice() ? "store_loose" : "store_pack", words ? "(unsigned*) (" : "", place,
                words ? ")" : "").call();
    }

    /** The largest elements and where they are. */
    private static Offer places(Layer layer, KernelTarget target, Pooling.MaxPool op) {
        TensorLayout in = CudaTypes.layout(layer, layer.input(0), TensorFormat.LINEAR);
        TensorLayout[] outputs = {CudaTypes.layout(layer, layer.output(0), TensorFormat.LINEAR), TensorLayout.linear(layer.output(1))};
        return Offer.of(target.tactic("maxPool:places", new TensorLayout[] {in}, outputs, (operands, constants) -> {
            TensorLayout data = operands.inputs().get(0);
            long[] sizes = data.sizes();
            int rank = sizes.length;
            ElementSource source = new ElementSource("maxPool", operands.outputs().get(0).sizes())
                    .output("y", 0, operands.outputs().get(0)).output("places", 1, operands.outputs().get(1)).input("x", 0, data);
            source.line("%s best = 0; long long at = -1;", CudaTypes.math(data.dataType()));
            StringBuilder names = new StringBuilder("c0, c1");
            StringBuilder close = new StringBuilder();
            StringBuilder number = new StringBuilder("0");
            long[] order = order(sizes, op.columnMajorIndices());
            for (int i = 0; i < rank - 2; i++) {
                PoolingWindow w = op.window();
                source.line("for (int k%1$d = 0; k%1$d < %2$d; ++k%1$d) {", i, w.kernel().get(i))
                        .line("const index_t i%d = c%d * %d - %d + k%d * %d;", i, i + 2, w.strides().get(i), w.padsBegin().get(i), i,
                                w.dilations().get(i))
                        .line("if (i%1$d >= 0 && i%1$d < %2$d) {", i, sizes[i + 2]);
                close.append("}}");
                names.append(", i").append(i);
                number.append(" + i").append(i).append(" * ").append(order[i]);
            }
            source.line("const auto v = x(%s);", names).line("if (at < 0 || v > best || v != v) { best = v; at = %s; }", number)
                    .line("%s", close).line("set_y(best, %s);", source.here())
                    .line("set_places((c0 * %d + c1) * %dll + at, %s);", sizes[1], Sizes.product(sizes, 2, rank), source.here());
            return KernelSequence.of(source.call());
        }).precision(CudaTypes.precision(layer)));
    }

    private static long[] order(long[] sizes, boolean columnMajor) {
        int spatial = sizes.length - 2;
        long[] order = new long[spatial];
        long step = 1;
        for (int i = 0; i < spatial; i++) {
            int axis = columnMajor ? i : spatial - 1 - i;
            order[axis] = step;
            step *= sizes[axis + 2];
        }
        return order;
    }

    private static Offer unpool(Layer layer, KernelTarget target) {
        PoolingWindow window = ((Pooling.MaxUnpool) layer.operator()).window();
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        inputs[0] = CudaTypes.layout(layer, layer.input(0), TensorFormat.LINEAR);
        inputs[1] = TensorLayout.linear(layer.input(1));
        TensorLayout[] outputs = {CudaTypes.layout(layer, layer.output(0), TensorFormat.LINEAR)};
        long[] given = layer.inputSizes(0);
        long[] implied = given.clone();
        for (int i = 0; i < window.kernel().size(); i++) {
            implied[i + 2] = (given[i + 2] - 1) * window.strides().get(i) + window.kernel().get(i) - window.padsBegin().get(i)
                    - window.padsEnd().get(i);
        }
        return Offer.of(target.tactic("maxUnpool", inputs, outputs, (operands, constants) -> {
            TensorLayout out = operands.outputs().get(0);
            KernelCall clear = new ElementSource("clear", out.sizes()).output("y", 0, out)
                    .line("set_y(0, %s);", new ElementSource("", out.sizes()).here()).call();
            ElementSource source = new ElementSource("maxUnpool", given).input("x", 0, operands.inputs().get(0))
                    .input("places", 1, operands.inputs().get(1)).pointer("y", CudaTypes.storage(out.dataType()), Argument.output(0))
                    .extent(Sizes.product(out.sizes()));
            source.line("index_t rest = (index_t) places(%s);", source.here()).line("index_t at = 0;");
            long[] strides = out.strides();
            for (int i = given.length - 1; i >= 0; i--) {
                source.line("at += rest %% %d * %d; rest /= %d;", implied[i], strides[i], implied[i]);
            }
            source.line("y[at] = put<%s>(x(%s));", CudaTypes.storage(out.dataType()), source.here());
            return KernelSequence.of(clear, source.call());
        }).precision(CudaTypes.precision(layer)));
    }
}
