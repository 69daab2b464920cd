package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaEvent;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.backend.cuda.kernel.GeneratedKernels;
import io.firesteel.memory.NativeMemory;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Convolution;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.PointwiseProgram.Instruction;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;

/** Prints how fast every tactic convolves bytes at batch 256, in layers of ResNet-50 and MobileNet v2. */
public final class QuantizedBenchmark {

    private static final long BATCH = 256;
    private static final int LAUNCHES = 10;
    private static final int WINDOWS = 5;

    private record Case(long channels, long outputs, long size, long kernel, long stride, boolean residual, long groups) {

        Case(long channels, long outputs, long size, long kernel, long stride, boolean residual) {
            this(channels, outputs, size, kernel, stride, residual, 1);
        }

        static Case depthwise(long channels, long size, long stride) {
            return new Case(channels, channels, size, 3, stride, false, channels);
        }

        String label() {
            return kernel + "x" + kernel + "/" + stride + " " + channels + "->" + outputs + ", " + size + (residual ? ", residual" : "")
                    + (groups > 1 ? ", depthwise" : "");
        }
    }

    private static final List<Case> CASES = List.of(new Case(3, 64, 224, 7, 2, false), new Case(64, 64, 56, 1, 1, false),
            new Case(64, 64, 56, 3, 1, false), new Case(64, 256, 56, 1, 1, false), new Case(64, 256, 56, 1, 1, true),
            new Case(256, 64, 56, 1, 1, false), new Case(256, 128, 56, 1, 1, false), new Case(128, 128, 56, 3, 2, false),
            new Case(256, 512, 56, 1, 2, false), new Case(128, 128, 28, 3, 1, false), new Case(128, 512, 28, 1, 1, true),
            new Case(512, 128, 28, 1, 1, false), new Case(256, 256, 14, 3, 1, false), new Case(256, 1024, 14, 1, 1, true),
            new Case(1024, 256, 14, 1, 1, false), new Case(512, 512, 7, 3, 1, false), new Case(512, 2048, 7, 1, 1, true),
            new Case(2048, 512, 7, 1, 1, false), new Case(32, 16, 112, 1, 1, false), new Case(16, 96, 112, 1, 1, false),
            new Case(96, 24, 56, 1, 1, false), new Case(24, 144, 56, 1, 1, false), new Case(144, 24, 56, 1, 1, true),
            new Case(384, 64, 14, 1, 1, true), new Case(96, 576, 14, 1, 1, false), new Case(320, 1280, 7, 1, 1, false),
            new Case(3, 32, 224, 3, 2, false), Case.depthwise(32, 112, 1), Case.depthwise(96, 112, 2), Case.depthwise(144, 56, 1),
            Case.depthwise(144, 56, 2), Case.depthwise(192, 28, 1), Case.depthwise(192, 28, 2), Case.depthwise(384, 14, 1),
            Case.depthwise(576, 14, 1), Case.depthwise(576, 14, 2), Case.depthwise(960, 7, 1));

    private QuantizedBenchmark() { }

    /** Takes a part of the labels of the layers that are measured, or nothing for all. */
    public static void main(String[] arguments) {
        CudaContext context = DeviceLayerCheck.context();
        System.out.printf("%-36s %-26s %8s %8s %8s  %s%n", "layer", "tactic", "us", "TOP/s", "TB/s", "implementation");
        try (CudaStream stream = context.openStream()) {
            for (Case c : CASES) {
                if (arguments.length > 0 && !c.label().contains(arguments[0])) {
                    continue;
                }
                Layer layer = layer(c);
                List<Tactic> tactics = new ArrayList<>(new QuantizedLayers().offer(layer, context).tactics());
                tactics.addAll(new GeneratedKernels().offer(layer, context).tactics());
                for (Tactic tactic : tactics) {
                    try {
                        measure(stream, c, layer, tactic);
                    } catch (RuntimeException e) {
                        System.out.println(c + " " + tactic + ": " + e);
                    }
                }
            }
        }
    }

    private static Layer layer(Case c) {
        PointwiseProgram relu = new PointwiseProgram(1, List.of(new Instruction(c.groups() > 1 ? new Activations.ClipTo(0, 6)
                : new Activations.Relu(), List.of(0))));
        PointwiseProgram residual = new PointwiseProgram(2, List.of(new Instruction(new Arithmetic.Add(), List.of(0, 1)),
                new Instruction(new Activations.Relu(), List.of(2))));
        long pad = c.kernel() / 2;
        Convolution convolution = new Convolution(List.of(c.stride(), c.stride()), List.of(1L, 1L), List.of(pad, pad),
                List.of(pad, pad), c.groups(), c.residual() ? residual : relu);
        Optional<QuantizationParameters> scale = Optional.of(new QuantizationParameters(DataType.INT8, 0, List.of(0.02f), List.of()));
        List<Optional<QuantizationParameters>> inputs = new ArrayList<>(List.of(scale, Optional.of(new QuantizationParameters(
                DataType.INT8, 0, Collections.nCopies((int) c.outputs(), 0.001f), List.of())), Optional.empty()));
        if (c.residual()) {
            inputs.add(scale);
        }
        DeviceLayerCheck check = DeviceLayerCheck.of(new Quantized(convolution, inputs, scale))
                .variable(Tensor.zeros(DataType.INT8, BATCH, c.channels(), c.size(), c.size()))
                .constant(DeviceLayerCheck.bytes(DataType.INT8, 2, c.outputs(), c.channels() / c.groups(), c.kernel(), c.kernel()))
                .constant(c.outputs());
        long out = (c.size() + 2 * pad - c.kernel()) / c.stride() + 1;
        return (c.residual() ? check.variable(Tensor.zeros(DataType.INT8, BATCH, c.outputs(), out, out)) : check).layer();
    }

    private static void measure(CudaStream stream, Case c, Layer layer, Tactic tactic) {
        CudaContext context = stream.context();
        List<Memory> memory = new ArrayList<>();
        long[] addresses = new long[layer.inputCount()];
        double bytes = tactic.outputs().get(0).bytes();
        for (int i = 0; i < addresses.length; i++) {
            TensorLayout layout = tactic.inputs().get(i);
            if (layout != null) {
                memory.add(random(stream, layout.bytes()));
                addresses[i] = memory.get(memory.size() - 1).address();
                bytes += layout.bytes();
            }
        }
        memory.add(random(stream, tactic.outputs().get(0).bytes()));
        long output = memory.get(memory.size() - 1).address();
        try (Kernel kernel = tactic.prepare(Operands.of(tactic), new Device(stream, memory));
                Memory scratch = context.allocate(kernel.scratchBytes() + 256);
                Launch launch = kernel.bind(stream, addresses, new long[] {output}, scratch.address())) {
            double seconds = time(stream, launch);
            double operations = 2.0 * layer.output(0).shape().elements() * (c.channels() / c.groups()) * c.kernel() * c.kernel();
            System.out.printf(Locale.ROOT, "%-36s %-26s %8.1f %8.0f %8.2f  %s%n", c.label(), tactic.name(), seconds * 1e6, operations / seconds / 1e12, bytes / seconds / 1e12, kernel.implementation());
        }
        memory.forEach(Memory::close);
    }

    static double time(CudaStream stream, Launch launch) {
        launch.run();
        try (Launch graph = stream.sequence(Collections.nCopies(LAUNCHES, launch)); CudaEvent start = CudaEvent.timing();
                CudaEvent end = CudaEvent.timing()) {
            graph.run();
            double[] times = new double[WINDOWS];
            for (int i = 0; i < WINDOWS; i++) {
                start.record(stream);
                graph.run();
                graph.run();
                end.record(stream);
                end.synchronize();
                times[i] = end.millisSince(start) * 1e-3 / (2 * LAUNCHES);
            }
            Arrays.sort(times);
            return times[WINDOWS / 2];
        }
    }

    /** Memory of random bytes. */
    private static Memory random(CudaStream stream, long bytes) {
        Memory memory = stream.context().allocate(bytes + 256);
        byte[] pattern = new byte[1 << 20];
        new Random(bytes).nextBytes(pattern);
        ByteBuffer direct = ByteBuffer.allocateDirect(pattern.length).put(pattern);
        for (long at = 0; at < bytes; at += pattern.length) {
            stream.copyIn(direct.clear().limit((int) Math.min(pattern.length, bytes - at)), memory.address() + at);
        }
        stream.synchronize();
        return memory;
    }

    /** Constants of one measurement. */
    private record Device(CudaStream stream, List<Memory> kept) implements Constants {
        @Override
        public long prepared(Tensor constant, Object form, long bytes, Preparation preparation) {
            Memory target = stream.context().allocate(bytes);
            kept.add(target);
            try (NativeMemory source = NativeMemory.allocate(constant.byteSize())) {
                NativeMemory.view(source.address(), (int) constant.byteSize()).put(constant.buffer().duplicate());
                preparation.prepare(source.address(), target.address());
            }
            return target.address();
        }

        @Override
        public long linear(Tensor constant) {
            Memory target = stream.context().allocate(constant.byteSize());
            kept.add(target);
            ByteBuffer direct = ByteBuffer.allocateDirect((int) constant.byteSize()).put(constant.buffer().duplicate()).flip();
            stream.copyIn(direct, target.address());
            stream.synchronize();
            return target.address();
        }
    }
}
