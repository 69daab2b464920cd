package io.firesteel.examples.custom;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.backend.Backends;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Reductions;
import io.firesteel.plan.ModelFolder;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.nio.file.Path;
import java.util.List;

/**
 * Defines a network in Java, with {@link CumulativeMaximum} in it, and runs it. For each row of prices [N, 8] it gives the
 * largest drawdown [N]: the largest fall below the highest price so far, as a part of it.
 *
 * <p>An argument names a model's folder, to which the plan is published for SQL: {@code models/drawdown} makes it
 * {@code models.drawdown} in a catalog over {@code models}.
 */
public final class DrawdownExample {

    private static final int DAYS = 8;

    private DrawdownExample() { }

    /** Prints the largest drawdowns of two series. */
    public static void main(String[] arguments) {
        Plan plan = Compiler.compile(network(), CompileOptions.of("drawdown", Precision.FP32));
        Tensor prices = Tensor.floats(new long[] {2, DAYS},
                100, 110, 105, 120, 90, 95, 130, 125,
                10, 11, 12, 13, 14, 15, 16, 17);
        try (Engine engine = Engine.open(plan, Backends.device("auto"), EngineOptions.defaults())) {
            Tensor drawdowns = (Tensor) engine.evaluate(List.of(prices)).get(0);
            System.out.println("largest drawdowns: " + drawdowns.getDouble(0) + ", " + drawdowns.getDouble(1));
        }
        if (arguments.length > 0) {
            System.out.println("published: " + ModelFolder.publish(plan, Path.of(arguments[0])));
        }
    }

    static Graph network() {
        GraphBuilder g = new GraphBuilder("drawdown");
        String prices = g.input("prices", new TensorType(DataType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.of(DAYS))));
        String peaks = g.add(new CumulativeMaximum(1), prices);
        String falls = g.add(new Arithmetic.Sub(), peaks, prices);
        String drawdowns = g.add(new Arithmetic.Div(), falls, peaks);
        g.output("drawdown", g.add(new Reductions.ReduceMax(List.of(1L), false, false), drawdowns));
        return g.build();
    }
}
