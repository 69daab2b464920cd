package io.firesteel.onnx;

import io.firesteel.op.Generators;
import io.firesteel.op.ShapeQueries;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/** Importers of constants, of operators that generate tensors, and of Identity. */
public final class GeneratorImporters implements ImporterFamily {

    @Override
    public void register(Registry registry) {
        registry.add("Constant", n -> n.define(0, n.constant(value(n))));
        registry.add("Identity", n -> n.define(0, n.input(0)));
        registry.add("Shape", n -> n.emit(new ShapeQueries.Shape(n.integer("start", 0),
                n.has("end") ? Optional.of(n.integer("end")) : Optional.empty()), n.input(0)));
        registry.add("Size", n -> n.emit(new ShapeQueries.Size(), n.input(0)));
        registry.add("ConstantOfShape", GeneratorImporters::constantOfShape);
        registry.add("EyeLike", n -> n.emit(
                new Generators.EyeLike(n.dataType("dtype", n.tensor(0).dataType()), n.integer("k", 0)), n.input(0)));
        registry.add("Range", n -> n.emit(new Generators.Range(), n.input(0), n.input(1), n.input(2)));
        registry.add("OneHot", n -> n.emit(new Generators.OneHot(n.integer("axis", -1)), n.input(0), n.input(1), n.input(2)));
    }

    private static void constantOfShape(OnnxNode node) {
        Tensor value = node.tensorAttribute("value").orElseGet(() -> Tensor.zeros(DataType.FLOAT32, 1));
        if (value.elements() != 1) {
            throw node.invalid("attribute 'value' must have one element, has " + value.elements());
        }
        node.emit(Generators.ConstantOfShape.of(value), node.input(0));
    }

    private static Tensor value(OnnxNode node) {
        if (node.has("value_string") || node.has("value_strings")) {
            throw node.unsupported("strings are not supported");
        }
        if (node.has("value_int")) {
            return Tensor.longs(new long[0], node.integer("value_int"));
        }
        if (node.has("value_float")) {
            return Tensor.scalar(DataType.FLOAT32, node.real("value_float", 0));
        }
        Optional<List<Long>> integers = node.integers("value_ints");
        if (integers.isPresent()) {
            return Tensor.vector(integers.get().stream().mapToLong(Long::longValue).toArray());
        }
        Optional<List<Float>> reals = node.reals("value_floats");
        if (reals.isPresent()) {
            Tensor tensor = Tensor.zeros(DataType.FLOAT32, reals.get().size());
            for (int i = 0; i < reals.get().size(); i++) {
                tensor.setDouble(i, reals.get().get(i));
            }
            return tensor;
        }
        return node.tensorAttribute("value").or(() -> node.sparseTensorAttribute("sparse_value"))
                .orElseThrow(() -> node.invalid("has no value"));
    }
}
