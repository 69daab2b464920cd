package io.firesteel.pass;

import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.MatMul;
import io.firesteel.op.Movement;
import io.firesteel.op.Operator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.Reshaping;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;

/** Random networks of pointwise operators, products, reshapes and transposes compute the same after the optimizer's passes. */
class PipelinesTest {

    @Property(seed = "20261121", tries = 1500, shrinking = ShrinkingMode.OFF)
    void plansComputeTheSame(@ForAll long seed, @ForAll @IntRange(min = 1, max = 14) int nodes) {
        Graph graph = new Sample(seed).graph(nodes);
        Rewrites.assertSame(graph, Pipelines.plan(graph, new Firings()));
    }

    @Property(seed = "20261121", tries = 500, shrinking = ShrinkingMode.OFF)
    void bucketsComputeTheSame(@ForAll long seed, @ForAll @IntRange(min = 1, max = 14) int nodes) {
        Graph graph = new Sample(seed).graph(nodes);
        Graph plan = Pipelines.plan(graph, new Firings());
        for (long batch : new long[] {1, 3}) {
            Map<String, Long> sizes = Map.of("N", batch, "S", batch + 1);
            Rewrites.assertSame(graph.bind(sizes), Pipelines.bucket(plan.bind(sizes)));
        }
    }

    /** One random network; the same seed gives the same one. */
    private static final class Sample {

        private static final List<Operator> UNARY = List.of(new Activations.Relu(), new Activations.Sigmoid(), new Activations.Tanh(),
                new Activations.ClipTo(-0.5, 0.5), new Activations.HardSigmoid(1 / 6f, 0.5f), new Activations.LeakyRelu(0.1f));
        private static final List<Operator> BINARY = List.of(new Arithmetic.Add(), new Arithmetic.Sub(), new Arithmetic.Mul(),
                new Arithmetic.Max());

        private final GraphBuilder builder = new GraphBuilder("random");
        private final Random random;
        private final List<String> values = new ArrayList<>();

        private Sample(long seed) {
            random = new Random(seed);
        }

        private Graph graph(int nodes) {
            values.add(builder.input("x", new TensorType(DataType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.symbol("S"), Dim.of(12)))));
            values.add(builder.input("y", new TensorType(DataType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.of(12)))));
            for (int i = 0; i < nodes; i++) {
                values.add(next(random.nextInt(3) == 0 ? pick(values) : values.get(values.size() - 1)));
            }
            builder.output("last", values.get(values.size() - 1));
            if (random.nextInt(3) == 0) {
                builder.output("other", pick(values));
            }
            return builder.build();
        }

        private String next(String value) {
            return switch (random.nextInt(8)) {
                case 0 -> builder.add(pick(UNARY), value);
                case 1 -> binary(value, constant(value));
                case 2 -> binary(value, sameShape(value));
                case 3 -> transpose(value);
                case 4, 5 -> reshape(value);
                case 6 -> product(value);
                default -> value.isEmpty() ? value : binary(value, builder.add(pick(UNARY), value));
            };
        }

        private String binary(String a, String b) {
            return random.nextBoolean() ? builder.add(pick(BINARY), a, b) : builder.add(pick(BINARY), b, a);
        }

        private String sameShape(String value) {
            List<String> equal = values.stream().filter(v -> builder.type(v).equals(builder.type(value))).toList();
            return pick(equal);
        }

        /** A constant of one element, or along one axis whose size is known. */
        private String constant(String value) {
            List<Dim> dims = builder.tensor(value).shape().dims();
            int axis = dims.isEmpty() ? 0 : random.nextInt(dims.size());
            if (dims.isEmpty() || !dims.get(axis).isConstant() || random.nextInt(3) == 0) {
                return random(LongStream.generate(() -> 1).limit(random.nextInt(2)).toArray());
            }
            long[] sizes = LongStream.generate(() -> 1).limit(dims.size() - axis).toArray();
            sizes[0] = dims.get(axis).size();
            return random(sizes);
        }

        private String random(long... sizes) {
            Tensor tensor = Tensor.zeros(DataType.FLOAT32, sizes);
            for (long i = 0; i < tensor.elements(); i++) {
                tensor.setDouble(i, random.nextDouble() - 0.5);
            }
            return builder.constant(tensor);
        }

        private String transpose(String value) {
            List<Long> perm = new ArrayList<>(LongStream.range(0, builder.tensor(value).shape().rank()).boxed().toList());
            Collections.shuffle(perm, random);
            return builder.add(new Movement.Transpose(perm), value);
        }

        /** Joins two axes, cuts one, or gives one more axis of size 1. */
        private String reshape(String value) {
            Shape shape = builder.tensor(value).shape();
            List<Dim> dims = new ArrayList<>(shape.dims());
            int axis = random.nextInt(dims.size());
            Dim dim = dims.get(axis);
            int kind = random.nextInt(3);
            if (kind == 0 && axis + 1 < dims.size() && dim.times(dims.get(axis + 1)).isPresent()) {
                dims.set(axis, dim.times(dims.remove(axis + 1)).orElseThrow());
            } else if (kind == 1 && dim.isConstant() && dim.size() % 2 == 0) {
                dims.set(axis, Dim.of(dim.size() / 2));
                dims.add(axis + random.nextInt(2), Dim.of(2));
            } else if (dims.size() < 5) {
                dims.add(axis, Dim.of(1));
            }
            return Reshaping.Reshape.of(shape, dims, false).map(r -> builder.add(r, value)).orElse(value);
        }

        private String product(String value) {
            Shape shape = builder.tensor(value).shape();
            if (shape.rank() < 2 || !shape.dim(-1).isConstant()) {
                return builder.add(pick(UNARY), value);
            }
            long inner = shape.dim(-1).size();
            long columns = 2 + 2 * random.nextInt(3);
            if (random.nextInt(4) == 0) {
                return builder.add(new MatMul(false, true, PointwiseProgram.IDENTITY), value, random(columns, inner));
            }
            String weights = random.nextInt(4) == 0 ? builder.add(new Movement.Transpose(List.of(1L, 0L)), random(columns, inner))
                    : random(inner, columns);
            return builder.add(new MatMul(), value, weights);
        }

        private <T> T pick(List<T> list) {
            return list.get(random.nextInt(list.size()));
        }
    }
}
