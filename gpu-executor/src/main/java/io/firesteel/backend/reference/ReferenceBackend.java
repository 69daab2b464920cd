package io.firesteel.backend.reference;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Device;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Offer;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Stream;
import io.firesteel.backend.TensorLayout;
import io.firesteel.memory.HostStream;
import io.firesteel.memory.NativeMemory;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Computes every layer with the optimizer's evaluator on row-major host memory, in the model's own element types. */
public final class ReferenceBackend implements Backend {

    private final Device device;

    ReferenceBackend(Device device) {
        this.device = device;
    }

    @Override
    public Device device() {
        return device;
    }

    @Override
    public Precision precision(Precision permitted) {
        return Precision.FP32;
    }

    @Override
    public Offer offer(Layer layer) {
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        List<Tensor> constants = new ArrayList<>();
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = layer.isVariable(i) ? TensorLayout.linear(layer.input(i)) : null;
            constants.add(layer.constant(i).orElse(null));
        }
        TensorLayout[] outputs = new TensorLayout[layer.outputCount()];
        for (int i = 0; i < outputs.length; i++) {
            outputs[i] = layer.hasOutput(i) ? TensorLayout.linear(layer.output(i)) : null;
        }
        return Offer.of(new RecipeTactic("reference evaluator", inputs, outputs,
                (operands, prepared) -> new ReferenceKernel(layer.node(), constants, operands)).slices(i -> true, i -> true));
    }

    @Override
    public Kernel reorder(TensorLayout from, TensorLayout to) {
        return new Kernel() {
            @Override
            public String implementation() {
                return "element by element";
            }

            @Override
            public Launch bind(Stream stream, long[] inputs, long[] outputs, long scratch) {
                return () -> LayoutCopy.copy(from, inputs[0], to, outputs[0]);
            }
        };
    }

    @Override
    public Stream openStream() {
        return new HostStream();
    }

    @Override
    public Memory allocate(long bytes, MemoryUse use) {
        return NativeMemory.allocate(bytes);
    }

    @Override
    public Memory allocateHost(long bytes) {
        return NativeMemory.allocate(bytes);
    }

    @Override
    public void close() { }
}
