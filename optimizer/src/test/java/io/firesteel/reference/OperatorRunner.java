package io.firesteel.reference;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.op.Operator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Evaluates single operators of tensors, and makes and checks small tensors of any element type. */
final class OperatorRunner {

    private OperatorRunner() { }

    /** The only output of an operator; a null input is absent. */
    static Tensor run(Operator operator, Tensor... inputs) {
        return run(operator, 1, inputs).get(0);
    }

    /** The outputs of an operator; a null input is absent. */
    static List<Tensor> run(Operator operator, int outputs, Tensor... inputs) {
        return Evaluate.all(operator, outputs, inputs).stream().map(v -> (Tensor) v).toList();
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
