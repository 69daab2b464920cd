package io.firesteel.engine;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backends;
import io.firesteel.backend.Device;
import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Finds the layers of a plan that fp16 cannot hold: computes a sample in fp32 on the host and looks for values beyond half of fp16's
 * largest number, because other rows may reach further than the sample. A layer that reads or makes such a value, or holds such a
 * constant, must not be computed in fp16.
 */
public final class Fp16Range implements AutoCloseable {

    private static final float LARGEST = 65504;
    private static final float LIMIT = LARGEST / 2;
    private static final int BATCH = 8;

    private final Plan plan;
    private final Engine engine;
    private final Observation observation;
    private final float[] largest;

    /** @throws io.firesteel.FiresteelException where the plan's values do not belong to rows */
    public Fp16Range(Plan plan) {
        this.plan = plan;
        this.engine = Engine.open(plan, host(), EngineOptions.defaults().withPrecision(Precision.FP32).withSessions(1)
                .withBuckets(List.of(BATCH)));
        try {
            this.observation = engine.observation(BATCH, activations(plan.graph()));
        } catch (RuntimeException e) {
            engine.close();
            throw e;
        }
        this.largest = new float[observation.values().size()];
    }

    /** A device that computes in fp32 with the host's memory. */
    private static Device host() {
        return Backends.providers().stream().filter(p -> p.unavailable().isEmpty()).flatMap(p -> p.devices().stream())
                .filter(Device::hostMemory).findFirst().orElseThrow();
    }

    private static List<String> activations(Graph graph) {
        Set<String> values = new LinkedHashSet<>(graph.inputs());
        graph.nodes().forEach(node -> values.addAll(node.outputs()));
        values.removeIf(value -> value.isEmpty() || !(graph.type(value) instanceof TensorType type) || !type.dataType().isFloatingPoint());
        return List.copyOf(values);
    }

    /** Rows of the batches that {@link #observe} takes at most. */
    public int batchRows() {
        return observation.batchRows();
    }

    /**
     * Looks at a batch of the sample.
     *
     * @param rows from 1 to {@link #batchRows()}
     * @param inputs as {@link Engine#run} takes them
     */
    public void observe(int rows, ByteBuffer[] inputs) {
        observation.run(rows, inputs, (value, bits, count) -> {
            float most = largest[value];
            for (int i = 0; i < count; i++) {
                most = Math.max(most, Math.abs(Float.intBitsToFloat(bits[i])));
            }
            largest[value] = most;
        });
    }

    /**
     * Looks at rows that lie in tensors, one for each input.
     *
     * @param inputs all of the same number of rows, counted by their first dimension
     */
    public void observe(List<Tensor> inputs) {
        int rows = Math.toIntExact(inputs.get(0).size(0));
        for (int i = 0; i < inputs.size(); i++) {
            if (inputs.get(i).size(0) != rows || inputs.get(i).byteSize() != rows * engine.inputRowBytes(i)) {
                throw FiresteelException.user("INPUT_MISMATCH", "the sample of input " + plan.signature().inputs().get(i) + " is "
                        + inputs.get(i).type() + ", of " + rows + " rows");
            }
        }
        for (int from = 0; from < rows; from += batchRows()) {
            int taken = Math.min(batchRows(), rows - from);
            ByteBuffer[] batch = new ByteBuffer[inputs.size()];
            for (int i = 0; i < batch.length; i++) {
                int rowBytes = Math.toIntExact(engine.inputRowBytes(i));
                ByteBuffer copy = ByteBuffer.allocateDirect(rowBytes * taken).order(ByteOrder.LITTLE_ENDIAN);
                copy.put(0, inputs.get(i).buffer(), rowBytes * from, rowBytes * taken);
                batch[i] = copy;
            }
            observe(taken, batch);
        }
    }

    /** The plan with the layers that were found, and why, by the name of their node. */
    public Plan result() {
        Map<String, Float> beyond = new HashMap<>();
        for (int i = 0; i < largest.length; i++) {
            if (largest[i] > LIMIT) {
                beyond.put(observation.values().get(i), largest[i]);
            }
        }
        Graph graph = plan.graph();
        Map<String, String> layers = new LinkedHashMap<>();
        for (Node node : graph.nodes()) {
            List<String> values = new ArrayList<>(node.inputs());
            values.addAll(node.outputs());
            for (String value : values) {
                Float most = beyond.containsKey(value) ? beyond.get(value) : graph.constant(value).map(Fp16Range::largest).orElse(0f);
                if (most > LIMIT) {
                    layers.putIfAbsent(node.name(), String.format(Locale.ROOT, "not in fp16: '%s' reaches %.3g, of %.0f that fp16 holds",
                            value, most, LARGEST));
                }
            }
        }
        return plan.withFp16Overflows(layers);
    }

    private static float largest(Tensor constant) {
        if (constant.dataType() != DataType.FLOAT32) {
            return 0;
        }
        float most = 0;
        for (float element : constant.toFloats()) {
            most = Math.max(most, Math.abs(element));
        }
        return most;
    }

    @Override
    public void close() {
        engine.close();
    }
}
