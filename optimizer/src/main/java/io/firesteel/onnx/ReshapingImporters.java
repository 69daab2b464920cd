package io.firesteel.onnx;

import io.firesteel.op.Reshaping.DynamicReshape;
import io.firesteel.op.Reshaping.DynamicSqueeze;
import io.firesteel.op.Reshaping.DynamicUnsqueeze;
import io.firesteel.op.Reshaping.Flatten;
import io.firesteel.op.Reshaping.Reshape;
import io.firesteel.op.Reshaping.Squeeze;
import io.firesteel.op.Reshaping.Unsqueeze;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/** Importers of operators that change the shape only: those whose target is known when the model is read take one input. */
public final class ReshapingImporters implements ImporterFamily {

    @Override
    public void register(Registry registry) {
        registry.add("Reshape", ReshapingImporters::reshape);
        registry.add("Flatten", n -> n.emit(new Flatten(n.integer("axis", 1)), n.input(0)));
        registry.add("Squeeze", ReshapingImporters::squeeze);
        registry.add("Unsqueeze", ReshapingImporters::unsqueeze);
    }

    private static void reshape(OnnxNode n) {
        boolean allowZero = n.flag("allowzero", false);
        if (n.has("shape")) {
            n.emit(new Reshape(n.integers("shape").orElseThrow(), false), n.input(0));
            return;
        }
        Shape data = n.tensor(0).shape();
        Optional<Reshape> known = n.shapeValue(1).flatMap(target -> Reshape.of(data, target, allowZero));
        if (known.isPresent()) {
            n.emit(known.get(), n.input(0));
        } else {
            n.emit(new DynamicReshape(allowZero), n.input(0), n.input(1));
        }
    }

    private static void squeeze(OnnxNode n) {
        Optional<List<Long>> axes = n.parameter("axes", 1);
        TensorType data = n.tensor(0);
        if (axes.isEmpty() && !n.hasInput(1) && data.isStatic()) {
            axes = Optional.of(LongStream.range(0, data.shape().rank()).filter(i -> data.shape().dim((int) i).is(1)).boxed().toList());
        }
        if (axes.isPresent()) {
            n.emit(new Squeeze(axes.get()), n.input(0));
        } else {
            n.emit(new DynamicSqueeze(), n.inputs());
        }
    }

    private static void unsqueeze(OnnxNode n) {
        Optional<List<Long>> axes = n.parameter("axes", 1);
        if (axes.isPresent()) {
            n.emit(new Unsqueeze(axes.get()), n.input(0));
        } else {
            n.emit(new DynamicUnsqueeze(), n.input(0), n.input(1));
        }
    }
}
