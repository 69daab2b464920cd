package io.firesteel.onnx;

import io.firesteel.op.Pooling;
import io.firesteel.op.PoolingWindow;

/** Importers of pooling operators. */
public final class PoolingImporters implements ImporterFamily {

    @Override
    public void register(Registry registry) {
        registry.add("MaxPool", n -> n.emit(new Pooling.MaxPool(window(n), n.flag("storage_order", false)), n.input(0)));
        registry.add("AveragePool",
                n -> n.emit(new Pooling.AveragePool(window(n), n.flag("count_include_pad", false)), n.input(0)));
        registry.add("", "LpPool", 1, 1, n -> n.emit(new Pooling.LpPool(window(n), wholeOrder(n)), n.input(0)));
        registry.add("", "LpPool", 2, Integer.MAX_VALUE, n -> n.emit(new Pooling.LpPool(window(n), order(n)), n.input(0)));
        registry.add("GlobalAveragePool", n -> n.emit(new Pooling.GlobalAveragePool(), n.input(0)));
        registry.add("GlobalMaxPool", n -> n.emit(new Pooling.GlobalMaxPool(), n.input(0)));
        registry.add("", "GlobalLpPool", 1, 1, n -> n.emit(new Pooling.GlobalLpPool(wholeOrder(n)), n.input(0)));
        registry.add("", "GlobalLpPool", 2, Integer.MAX_VALUE, n -> n.emit(new Pooling.GlobalLpPool(order(n)), n.input(0)));
        registry.add("MaxUnpool", n -> n.emit(new Pooling.MaxUnpool(window(n)), n.inputs()));
    }

    private static PoolingWindow window(OnnxNode n) {
        SpatialAttributes a = SpatialAttributes.ofPooling(n);
        return new PoolingWindow(a.kernel(), a.strides(), a.dilations(), a.padsBegin(), a.padsEnd(), n.flag("ceil_mode", false));
    }

    private static long order(OnnxNode n) {
        long p = n.integer("p", 2);
        if (p < 1) {
            throw n.invalid("attribute 'p' must be positive, is " + p);
        }
        return p;
    }

    private static long wholeOrder(OnnxNode n) {
        float p = n.real("p", 2);
        if (p < 1 || p != (long) p) {
            throw n.unsupported("attribute 'p' must be a whole number, is " + p);
        }
        return (long) p;
    }
}
