package io.firesteel.spark.testing;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Conversions;
import io.firesteel.op.Reductions;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.List;

/** Models small enough that a formula says what they give. */
public final class Formulas {

    private static final String BATCH = "N";

    private Formulas() { }

    private static TensorType batch(DataType type, long... sizes) {
        Dim[] dims = new Dim[sizes.length + 1];
        dims[0] = Dim.symbol(BATCH);
        for (int i = 0; i < sizes.length; i++) {
            dims[i + 1] = Dim.of(sizes[i]);
        }
        return new TensorType(type, Shape.of(dims));
    }

    private static Plan compile(String name, GraphBuilder graph) {
        return Compiler.compile(graph.build(), CompileOptions.of(name, Precision.FP32));
    }

    /** {@code x[4] -> 2 x + 1}, element by element. */
    public static Plan affine() {
        GraphBuilder g = new GraphBuilder("affine");
        String x = g.input("x", batch(DataType.FLOAT32, 4));
        String doubled = g.add(new Arithmetic.Mul(), x, g.constant(Tensor.scalar(DataType.FLOAT32, 2)));
        g.output("y", g.add(new Arithmetic.Add(), doubled, g.constant(Tensor.scalar(DataType.FLOAT32, 1))));
        return compile("affine", g);
    }

    /** {@code x[4] -> } the sum, one number. */
    public static Plan total() {
        return total("total");
    }

    /** {@link #total()} under another name, and so with another hash. */
    public static Plan total(String name) {
        GraphBuilder g = new GraphBuilder(name);
        String x = g.input("x", batch(DataType.FLOAT32, 4));
        g.output("sum", g.add(new Reductions.ReduceSum(List.of(1L), false, false), x));
        return compile(name, g);
    }

    /** {@code x[4] -> mean}, over all rows: no function of a row. */
    public static Plan meanOfRows(String name) {
        GraphBuilder g = new GraphBuilder(name);
        String x = g.input("x", batch(DataType.FLOAT32, 4));
        g.output("mean", g.add(new Reductions.ReduceMean(List.of(0L), false, false), x));
        return compile(name, g);
    }

    /** {@code x[S] -> mean}, for rows of any one length. */
    public static Plan meanOfSequences(String name) {
        GraphBuilder g = new GraphBuilder(name);
        String x = g.input("x", new TensorType(DataType.FLOAT32, Shape.of(Dim.symbol(BATCH), Dim.symbol("S"))));
        g.output("mean", g.add(new Reductions.ReduceMean(List.of(1L), false, false), x));
        return compile(name, g);
    }

    /** {@code a[3], b[1] -> (shifted: a + b, sum: the sum of a)}. */
    public static Plan pair() {
        GraphBuilder g = new GraphBuilder("pair");
        String a = g.input("a", batch(DataType.FLOAT32, 3));
        String b = g.input("b", batch(DataType.FLOAT32, 1));
        g.output("shifted", g.add(new Arithmetic.Add(), a, b));
        g.output("sum", g.add(new Reductions.ReduceSum(List.of(1L), false, false), a));
        return compile("pair", g);
    }

    /** {@code x[1] -> y[elements]}, in each of which {@code x} is repeated. */
    public static Plan repeated(int elements) {
        GraphBuilder g = new GraphBuilder("repeated");
        String x = g.input("x", batch(DataType.FLOAT32, 1));
        g.output("y", g.add(new Arithmetic.Add(), x, g.constant(Tensor.zeros(DataType.FLOAT32, elements))));
        return compile("repeated", g);
    }

    /** {@code x[3]} of one element type cast to another. */
    public static Plan cast(DataType from, DataType to) {
        GraphBuilder g = new GraphBuilder("cast");
        String x = g.input("x", batch(from, 3));
        g.output("y", g.add(new Conversions.Cast(to), x));
        return compile("cast", g);
    }
}
