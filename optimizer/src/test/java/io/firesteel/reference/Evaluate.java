package io.firesteel.reference;

import io.firesteel.graph.GraphBuilder;
import io.firesteel.graph.Node;
import io.firesteel.op.Operator;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;

/** Evaluates single operators, and checks that what type inference says is true of the results. */
final class Evaluate {

    private Evaluate() { }

    static Tensor one(Operator operator, HostValue... inputs) {
        return (Tensor) all(operator, 1, inputs).get(0);
    }

    static List<HostValue> all(Operator operator, int outputs, HostValue... inputs) {
        GraphBuilder builder = new GraphBuilder("test");
        List<String> names = new ArrayList<>();
        List<HostValue> given = new ArrayList<>();
        for (HostValue input : inputs) {
            if (input == null) {
                names.add("");
            } else {
                names.add(builder.input("input" + names.size(), type(input)));
                given.add(input);
            }
        }
        List<String> made = new ArrayList<>();
        for (int i = 0; i < outputs; i++) {
            made.add("output" + i);
        }
        builder.add(new Node("node", operator, names, made, List.of()));
        made.forEach(m -> builder.output(m, m));
        List<HostValue> results = ReferenceEvaluator.run(builder.build(), given);
        for (int i = 0; i < outputs; i++) {
            requireOf(builder.type(made.get(i)), results.get(i));
        }
        return results;
    }

    private static ValueType type(HostValue value) {
        if (value instanceof Tensor tensor) {
            return tensor.type();
        }
        if (value instanceof HostValue.Sequence sequence) {
            TensorType element = (TensorType) type(sequence.elements().get(0));
            return new ValueType.SequenceType(TensorType.ofUnknownRank(element.dataType()));
        }
        return new ValueType.OptionalType(type(((HostValue.Maybe) value).value().orElseThrow()));
    }

    private static void requireOf(ValueType type, HostValue value) {
        if (value instanceof Tensor tensor) {
            TensorType expected = (TensorType) type;
            boolean fits = expected.dataType() == tensor.dataType() && (!expected.hasRank()
                    || expected.shape().rank() == tensor.rank());
            for (int i = 0; fits && expected.hasRank() && i < tensor.rank(); i++) {
                fits = !expected.shape().dim(i).isConstant() || expected.shape().dim(i).is(tensor.size(i));
            }
            if (!fits) {
                throw new AssertionError("inferred " + expected + ", evaluated " + tensor.type());
            }
        }
    }
}
