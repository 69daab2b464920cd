package io.firesteel.reference;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Operator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/** Evaluates one operator on given tensors and checks that type inference foretold what came out. */
public final class OneNode {

    private OneNode() { }

    /** The first output; null inputs are absent. */
    public static Tensor run(Operator operator, Tensor... inputs) {
        return run(operator, 1, inputs).get(0);
    }

    /** All outputs; null inputs are absent. */
    public static List<Tensor> run(Operator operator, int outputs, Tensor... inputs) {
        GraphBuilder builder = new GraphBuilder("one");
        String[] names = new String[inputs.length];
        for (int i = 0; i < inputs.length; i++) {
            names[i] = inputs[i] == null ? "" : builder.input("in" + i, inputs[i].type());
        }
        List<String> made = builder.add(operator, outputs, names);
        made.forEach(m -> builder.output(m, m));
        Graph graph = builder.build();
        List<HostValue> values = new ArrayList<>(Arrays.asList(inputs));
        values.removeIf(Objects::isNull);
        List<HostValue> results = ReferenceEvaluator.run(graph, values);
        List<Tensor> tensors = new ArrayList<>();
        for (int i = 0; i < outputs; i++) {
            Tensor result = (Tensor) results.get(i);
            TensorType foretold = graph.tensor(made.get(i));
            assertThat(result.dataType()).isEqualTo(foretold.dataType());
            if (foretold.isStatic()) {
                assertThat(result.type()).isEqualTo(foretold);
            }
            tensors.add(result);
        }
        return tensors;
    }

    /** A FLOAT32 tensor of values between -1 and 1, the same for the same seed. */
    public static Tensor random(long seed, long... sizes) {
        Random random = new Random(seed);
        Tensor tensor = Tensor.zeros(DataType.FLOAT32, sizes);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setDouble(i, random.nextDouble() * 2 - 1);
        }
        return tensor;
    }
}
