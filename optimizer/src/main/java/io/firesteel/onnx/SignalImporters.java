package io.firesteel.onnx;

import io.firesteel.op.Operator;
import io.firesteel.op.Signal;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.Optional;
import java.util.function.BiFunction;

/** Importers of signal processing. */
public final class SignalImporters implements ImporterFamily {

    private static final int AXIS_IS_INPUT = 20;

    @Override
    public void register(Registry registry) {
        registry.add("", "DFT", 1, AXIS_IS_INPUT - 1, n -> n.emit(dft(n, n.integer("axis", 1)), n.input(0), n.input(1)));
        registry.add("", "DFT", AXIS_IS_INPUT, Integer.MAX_VALUE, SignalImporters::dftAlongInput);
        registry.add("STFT", n -> n.emit(new Signal.STFT(n.flag("onesided", true)), n.inputs()));
        registry.add("HannWindow", n -> window(n, Signal.HannWindow::new));
        registry.add("HammingWindow", n -> window(n, Signal.HammingWindow::new));
        registry.add("BlackmanWindow", n -> window(n, Signal.BlackmanWindow::new));
        registry.add("MelWeightMatrix",
                n -> n.emit(new Signal.MelWeightMatrix(n.dataType("output_datatype", DataType.FLOAT32)), n.inputs()));
    }

    private static Signal.DFT dft(OnnxNode n, long axis) {
        return new Signal.DFT(axis, n.flag("inverse", false), n.flag("onesided", false));
    }

    private static void dftAlongInput(OnnxNode n) {
        Optional<Tensor> axis = n.constant(2);
        if (axis.isPresent() || !n.hasInput(2)) {
            n.emit(dft(n, axis.map(t -> t.getLong(0)).orElse(-2L)), n.input(0), n.input(1));
        } else {
            n.emit(dft(n, -2), n.inputs());
        }
    }

    private static void window(OnnxNode n, BiFunction<Boolean, DataType, Operator> window) {
        n.emit(window.apply(n.flag("periodic", true), n.dataType("output_datatype", DataType.FLOAT32)), n.input(0));
    }
}
