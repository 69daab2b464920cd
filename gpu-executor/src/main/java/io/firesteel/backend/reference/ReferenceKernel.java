package io.firesteel.backend.reference;

import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Stream;
import io.firesteel.backend.TensorLayout;
import io.firesteel.graph.Node;
import io.firesteel.memory.NativeMemory;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** One node evaluated on views of native memory. */
final class ReferenceKernel implements Kernel {

    private final Node node;
    private final List<Tensor> constants;
    private final Operands operands;

    /** @param constants one for each input, null for those that are not constants */
    ReferenceKernel(Node node, List<Tensor> constants, Operands operands) {
        this.node = node;
        this.constants = constants;
        this.operands = operands;
    }

    @Override
    public String implementation() {
        return "reference evaluator";
    }

    @Override
    public Launch bind(Stream stream, long[] inputs, long[] outputs, long scratch) {
        List<HostValue> values = new ArrayList<>(constants);
        for (int i = 0; i < inputs.length; i++) {
            TensorLayout layout = operands.inputs().get(i);
            if (layout != null && !layout.isSlice()) {
                values.set(i, HostTensors.view(layout.type(), inputs[i]));
            }
        }
        return () -> run(values, inputs, outputs);
    }

    private void run(List<HostValue> whole, long[] inputs, long[] outputs) {
        List<HostValue> values = new ArrayList<>(whole);
        for (int i = 0; i < inputs.length; i++) {
            TensorLayout layout = operands.inputs().get(i);
            if (layout != null && layout.isSlice()) {
                values.set(i, gathered(layout, inputs[i]));
            }
        }
        List<HostValue> results = HostEvaluator.evaluate(node, values);
        for (int i = 0; i < outputs.length; i++) {
            TensorLayout layout = operands.outputs().get(i);
            if (layout != null) {
                store((Tensor) results.get(i), layout, outputs[i]);
            }
        }
    }

    private static Tensor gathered(TensorLayout layout, long address) {
        Tensor dense = Tensor.zeros(layout.dataType(), layout.sizes());
        try (NativeMemory copy = NativeMemory.allocate(dense.byteSize())) {
            LayoutCopy.copy(layout, address, TensorLayout.linear(layout.type()), copy.address());
            dense.buffer().put(HostTensors.view(layout.type(), copy.address()).buffer());
        }
        return dense;
    }

    private void store(Tensor result, TensorLayout layout, long address) {
        HostEvaluator.requireType(node, result, layout.type());
        if (!layout.isSlice()) {
            HostTensors.store(result, address);
            return;
        }
        try (NativeMemory copy = NativeMemory.allocate(result.byteSize())) {
            HostTensors.store(result, copy.address());
            LayoutCopy.copy(TensorLayout.linear(layout.type()), copy.address(), layout, address);
        }
    }
}
