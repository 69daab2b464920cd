package io.firesteel.onnx;

import io.firesteel.op.Sequences;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;

/** Importers of operators on sequences and optionals. */
public final class SequenceImporters implements ImporterFamily {

    @Override
    public void register(Registry registry) {
        registry.add("SequenceConstruct", n -> n.emit(new Sequences.SequenceConstruct(), n.inputs()));
        registry.add("SequenceEmpty", n -> n.emit(new Sequences.SequenceEmpty(n.dataType("dtype", DataType.FLOAT32))));
        registry.add("SequenceInsert", n -> n.emit(new Sequences.SequenceInsert(), n.inputs()));
        registry.add("SequenceErase", n -> n.emit(new Sequences.SequenceErase(), n.inputs()));
        registry.add("SequenceAt", n -> n.emit(new Sequences.SequenceAt(), n.inputs()));
        registry.add("SequenceLength", n -> n.emit(new Sequences.SequenceLength(), n.inputs()));
        registry.add("SplitToSequence", n -> n.emit(
                new Sequences.SplitToSequence(n.integer("axis", 0), n.flag("keepdims", true)), n.inputs()));
        registry.add("ConcatFromSequence", n -> n.emit(
                new Sequences.ConcatFromSequence(n.integer("axis"), n.flag("new_axis", false)), n.inputs()));
        registry.add("Optional", SequenceImporters::optional);
        registry.add("OptionalGetElement", n -> {
            if (n.type(0) instanceof ValueType.OptionalType) {
                n.emit(new Sequences.OptionalGetElement(), n.inputs());
            } else {
                n.define(0, n.input(0));
            }
        });
        registry.add("OptionalHasElement", n -> {
            if (n.hasInput(0) && n.type(0) instanceof ValueType.OptionalType) {
                n.emit(new Sequences.OptionalHasElement(), n.inputs());
            } else {
                n.define(0, n.constant(Tensor.scalar(DataType.BOOL, n.hasInput(0) ? 1 : 0)));
            }
        });
        registry.add("Identity", n -> n.define(0, n.input(0)));
    }

    private static void optional(OnnxNode n) {
        if (n.hasInput(0)) {
            n.emit(new Sequences.OptionalOf(), n.input(0));
            return;
        }
        ValueType type = n.typeAttribute("type").orElseThrow(() -> n.invalid("neither an input nor a type is given"));
        if (type instanceof TensorType tensor) {
            n.emit(new Sequences.OptionalEmpty(tensor.dataType(), false));
        } else if (type instanceof ValueType.SequenceType sequence && sequence.element() instanceof TensorType tensor) {
            n.emit(new Sequences.OptionalEmpty(tensor.dataType(), true));
        } else {
            throw n.unsupported("an optional of " + type + " is not supported");
        }
    }
}
