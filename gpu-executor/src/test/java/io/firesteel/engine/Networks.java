package io.firesteel.engine;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.backend.Backends;
import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.memory.NativeMemory;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.MatMul;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/** Small networks and buffers for the tests of this package. */
final class Networks {

    private Networks() { }

    /** relu(x w1) w2 + x w3, rows of 6 floats to rows of 3. */
    static Plan twoLayers() {
        GraphBuilder g = new GraphBuilder("two layers");
        String x = g.input("x", new TensorType(DataType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.of(6))));
        String hidden = g.add(new Activations.Relu(), g.add(new MatMul(), x, g.constant(random(1, 6, 5))));
        String deep = g.add(new MatMul(), hidden, g.constant(random(2, 5, 3)));
        String wide = g.add(new MatMul(), x, g.constant(random(3, 6, 3)));
        g.output("y", g.add(new Arithmetic.Add(), deep, wide));
        return plan(g.build());
    }

    static Plan plan(Graph graph) {
        return Compiler.compile(graph, CompileOptions.of(graph.name(), Precision.FP32));
    }

    static Engine reference(Plan plan, EngineOptions options) {
        return Engine.open(plan, Backends.device("reference"), options);
    }

    static Tensor random(long seed, long... sizes) {
        Random random = new Random(seed);
        Tensor tensor = Tensor.zeros(DataType.FLOAT32, sizes);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setDouble(i, random.nextFloat() - 0.5f);
        }
        return tensor;
    }

    static ByteBuffer direct(int floats) {
        return ByteBuffer.allocateDirect(floats * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    static ByteBuffer direct(Tensor tensor) {
        ByteBuffer buffer = ByteBuffer.allocateDirect((int) tensor.byteSize()).order(ByteOrder.LITTLE_ENDIAN);
        return buffer.put(tensor.buffer()).flip().order(ByteOrder.LITTLE_ENDIAN);
    }

    static float[] floats(ByteBuffer buffer) {
        float[] values = new float[buffer.remaining() / Float.BYTES];
        buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        return values;
    }

    static long liveBytes() {
        return NativeMemory.liveBytes();
    }
}
