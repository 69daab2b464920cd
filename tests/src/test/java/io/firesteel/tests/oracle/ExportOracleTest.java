package io.firesteel.tests.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.onnx.OnnxCase;
import io.firesteel.onnx.export.OnnxExport;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Generators;
import io.firesteel.op.Indexing;
import io.firesteel.op.Movement;
import io.firesteel.op.Recurrent;
import io.firesteel.op.RecurrentActivation;
import io.firesteel.op.Reshaping;
import io.firesteel.op.ShapeQueries;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Plans exported as ONNX give ONNX Runtime the results that the plans have. */
class ExportOracleTest {

    private final RandomTensors random = new RandomTensors(3);
    private final GraphBuilder graph = new GraphBuilder("exported");

    private void check(Map<String, Tensor> inputs, String... results) {
        for (String result : results) {
            graph.output(result, result);
        }
        Plan plan = Compiler.compile(graph.build(), CompileOptions.of("exported", Precision.FP32));
        List<Tensor> theirs = OnnxRuntime.run(OnnxExport.toBytes(plan), inputs);
        List<?> ours = ReferenceEvaluator.run(plan.graph(), List.copyOf(inputs.values()));
        for (int i = 0; i < results.length; i++) {
            assertThat(OnnxCase.difference((Tensor) ours.get(i), theirs.get(i), 1e-5, 1e-5)).as(results[i]).isEmpty();
        }
    }

    @Test
    void sizesThatFollowTheBatch() {
        String x = graph.input("x", new TensorType(DataType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.of(4))));
        String shape = graph.add(new ShapeQueries.Shape(0, Optional.empty()), x);
        String filled = graph.add(new Generators.ConstantOfShape(DataType.FLOAT32, 1.5, 0), shape);
        String rows = graph.add(new Movement.DynamicExpand(), graph.constant(random.of(DataType.FLOAT32, -1, 1, 1, 4)), shape);
        String sum = graph.add(new Arithmetic.Add(), graph.add(new Arithmetic.Mul(), x, filled), rows);
        String count = graph.add(new Reshaping.Reshape(List.of(), false), graph.add(new ShapeQueries.Shape(0, Optional.of(1L)), x));
        String numbers = graph.add(new Generators.Range(), graph.constant(Tensor.scalar(DataType.INT64, 0)), count,
                graph.constant(Tensor.scalar(DataType.INT64, 1)));
        String indices = graph.add(new Reshaping.Unsqueeze(List.of(1L)), numbers);
        check(Map.of("x", random.of(DataType.FLOAT32, -2, 2, 3, 4)), sum, graph.add(new Indexing.GatherND(0), sum, indices));
    }

    @ParameterizedTest
    @EnumSource(Recurrent.Direction.class)
    void recurrentLayers(Recurrent.Direction direction) {
        int directions = direction.count();
        List<RecurrentActivation> gates = List.of(RecurrentActivation.SIGMOID, RecurrentActivation.TANH, RecurrentActivation.TANH);
        List<RecurrentActivation> all = directions == 1 ? gates : List.of(gates.get(0), gates.get(1), gates.get(2), gates.get(0), gates.get(1),
                gates.get(2));
        String x = graph.input("x", new TensorType(DataType.FLOAT32, Shape.of(Dim.of(5), Dim.symbol("N"), Dim.of(3))));
        String y = graph.add(new Recurrent.LSTM(new Recurrent.Form(direction, all, Float.POSITIVE_INFINITY, false), false), 3, x,
                graph.constant(random.of(DataType.FLOAT32, -1, 1, directions, 16, 3)), graph.constant(random.of(DataType.FLOAT32, -1, 1, directions, 16, 4)),
                graph.constant(random.of(DataType.FLOAT32, -1, 1, directions, 32))).get(0);
        check(Map.of("x", random.of(DataType.FLOAT32, -2, 2, 5, 2, 3)), y);
    }
}
