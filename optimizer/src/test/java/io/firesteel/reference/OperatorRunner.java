package io.firesteel.reference;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Operator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Evaluates single operators and checks that type inference foretold the results. */
final class OperatorRunner {

    private OperatorRunner() { }

    /** The only output of an operator; a null input is absent. */
    static Tensor run(Operator operator, Tensor... inputs) {
        return run(operator, 1, inputs).get(0);
    }

    /** The outputs of an operator; a null input is absent. */
    static List<Tensor> run(Operator operator, int outputs, Tensor... inputs) {
        GraphBuilder builder = new GraphBuilder("test");
        List<String> names = new ArrayList<>();
        List<HostValue> values = new ArrayList<>();
        for (int i = 0; i < inputs.length; i++) {
            names.add(inputs[i] == null ? "" : builder.input("x" + i, inputs[i].type()));
            if (inputs[i] != null) {
                values.add(inputs[i]);
            }
        }
        List<String> results = builder.add(operator, outputs, names.toArray(String[]::new));
        results.forEach(r -> builder.output(r, r));
        Graph graph = builder.build();
        List<Tensor> tensors = ReferenceEvaluator.run(graph, values).stream().map(v -> (Tensor) v).toList();
        for (int i = 0; i < outputs; i++) {
            TensorType foretold = graph.tensor(results.get(i));
            assertThat(tensors.get(i).dataType()).isEqualTo(foretold.dataType());
            if (foretold.hasRank()) {
                assertThat(tensors.get(i).rank()).isEqualTo(foretold.shape().rank());
                for (int axis = 0; axis < tensors.get(i).rank(); axis++) {
                    Dim dim = foretold.shape().dim(axis);
                    assertThat(!dim.isConstant() || dim.size() == tensors.get(i).size(axis))
                            .as("result %s, foretold %s", tensors.get(i).type(), foretold).isTrue();
                }
            }
        }
        return tensors;
    }

    /** A vector of any element type. */
    static Tensor vector(DataType type, double... values) {
        return tensor(type, new long[] {values.length}, values);
    }

    /** A tensor of any element type. */
    static Tensor tensor(DataType type, long[] sizes, double... values) {
        Tensor tensor = Tensor.zeros(type, sizes);
        assertThat(values.length).isEqualTo(tensor.count());
        for (int i = 0; i < values.length; i++) {
            if (type.isFloatingPoint()) {
                tensor.setDouble(i, values[i]);
            } else {
                tensor.setLong(i, (long) values[i]);
            }
        }
        return tensor;
    }

    /** A vector of whole numbers, 64 bits each. */
    static Tensor integers(DataType type, long... values) {
        Tensor tensor = Tensor.zeros(type, values.length);
        for (int i = 0; i < values.length; i++) {
            tensor.setLong(i, values[i]);
        }
        return tensor;
    }

    /** Fails unless the elements are the given ones to within a relative 1e-6. */
    static void assertValues(Tensor tensor, double... expected) {
        double[] values = tensor.toDoubles();
        assertThat(values.length).as("%s", Arrays.toString(values)).isEqualTo(expected.length);
        for (int i = 0; i < values.length; i++) {
            double error = Math.abs(values[i] - expected[i]);
            assertThat(Double.compare(values[i], expected[i]) == 0 || error <= 1e-6 * Math.max(1e-3, Math.abs(expected[i])))
                    .as("element %d of %s, expected %s", i, Arrays.toString(values), Arrays.toString(expected)).isTrue();
        }
    }
}
