package io.firesteel.pass;

import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Operator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Builds small networks in few words: numbers are sizes, strings symbols, constants random but always the same. */
public final class TestNetwork {

    private final GraphBuilder builder = new GraphBuilder("test");
    private final Random random = new Random(7);

    /** A FLOAT32 input. */
    public String input(String name, Object... dims) {
        return input(DataType.FLOAT32, name, dims);
    }

    /** An input. */
    public String input(DataType type, String name, Object... dims) {
        List<Dim> shape = new ArrayList<>();
        for (Object dim : dims) {
            shape.add(dim instanceof String symbol ? Dim.symbol(symbol) : Dim.of(((Number) dim).longValue()));
        }
        return builder.input(name, new TensorType(type, new Shape(shape)));
    }

    /** A FLOAT32 constant with elements from -1 to 1. */
    public String random(long... sizes) {
        Tensor tensor = Tensor.zeros(DataType.FLOAT32, sizes);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setDouble(i, random.nextDouble() * 2 - 1);
        }
        return builder.constant(tensor);
    }

    /** A FLOAT32 constant with elements from 0.5 to 1.5. */
    public String positive(long... sizes) {
        Tensor tensor = Tensor.zeros(DataType.FLOAT32, sizes);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setDouble(i, random.nextDouble() + 0.5);
        }
        return builder.constant(tensor);
    }

    /** A FLOAT32 constant of one value in each element. */
    public String filled(double value, long... sizes) {
        Tensor tensor = Tensor.zeros(DataType.FLOAT32, sizes);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setDouble(i, value);
        }
        return builder.constant(tensor);
    }

    /** An INT64 vector. */
    public String vector(long... values) {
        return builder.constant(Tensor.vector(values));
    }

    /** A constant. */
    public String constant(Tensor tensor) {
        return builder.constant(tensor);
    }

    /** A node with one output. */
    public String add(Operator operator, String... inputs) {
        return builder.add(operator, inputs);
    }

    /** A node with several outputs. */
    public List<String> add(Operator operator, int outputs, String... inputs) {
        return builder.add(operator, outputs, inputs);
    }

    /** Shows values as results and builds the network. */
    public Graph show(String... values) {
        for (int i = 0; i < values.length; i++) {
            builder.output("result" + i, values[i]);
        }
        return builder.build();
    }
}
