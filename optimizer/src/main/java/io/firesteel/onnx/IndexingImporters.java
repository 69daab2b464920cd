package io.firesteel.onnx;

import io.firesteel.op.Indexing.Gather;
import io.firesteel.op.Indexing.GatherElements;
import io.firesteel.op.Indexing.GatherND;
import io.firesteel.op.Indexing.ScatterElements;
import io.firesteel.op.Indexing.ScatterND;
import io.firesteel.op.Indexing.ScatterReduction;
import io.firesteel.op.Indexing.TensorScatter;

/** Importers of operators that read and write at positions given by a tensor. */
public final class IndexingImporters implements ImporterFamily {

    @Override
    public void register(Registry registry) {
        registry.add("Gather", n -> n.emit(new Gather(n.integer("axis", 0)), n.inputs()));
        registry.add("GatherElements", n -> n.emit(new GatherElements(n.integer("axis", 0)), n.inputs()));
        registry.add("GatherND", n -> n.emit(new GatherND(n.integer("batch_dims", 0)), n.inputs()));
        registry.add("Scatter", n -> n.emit(new ScatterElements(n.integer("axis", 0), ScatterReduction.NONE), n.inputs()));
        registry.add("ScatterElements", n -> n.emit(new ScatterElements(n.integer("axis", 0), reduction(n)), n.inputs()));
        registry.add("ScatterND", n -> n.emit(new ScatterND(reduction(n)), n.inputs()));
        registry.add("TensorScatter", n -> n.emit(
                new TensorScatter(n.integer("axis", -2), n.string("mode", "linear").equals("circular")), n.inputs()));
    }

    private static ScatterReduction reduction(OnnxNode n) {
        return switch (n.string("reduction", "none")) {
            case "none" -> ScatterReduction.NONE;
            case "add" -> ScatterReduction.ADD;
            case "mul" -> ScatterReduction.MUL;
            case "max" -> ScatterReduction.MAX;
            case "min" -> ScatterReduction.MIN;
            default -> throw n.invalid("reduction '" + n.string("reduction", "") + "' is not one of none, add, mul, max and min");
        };
    }
}
