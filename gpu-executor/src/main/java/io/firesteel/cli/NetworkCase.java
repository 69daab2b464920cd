package io.firesteel.cli;

import com.google.protobuf.UnsafeByteOperations;
import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.FiresteelException;
import io.firesteel.backend.Device;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.onnx.proto.ModelProto;
import io.firesteel.onnx.proto.TensorProto;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A network stored without its weights: {@code graph.onnx}, {@code recipe.json} from which weights and inputs follow, and
 * {@code expected_OUTPUT.f32} with what is expected of it.
 */
public final class NetworkCase {

    private final Path folder;
    private final Map<?, ?> recipe;

    /**
     * @param folder the network's own folder
     * @throws FiresteelException where it has no readable {@code recipe.json}
     */
    public NetworkCase(Path folder) {
        this.folder = folder;
        try {
            this.recipe = (Map<?, ?>) Json.read(Files.readString(folder.resolve("recipe.json")));
        } catch (IOException | ClassCastException e) {
            throw new FiresteelException("NETWORK_UNREADABLE", FiresteelException.Kind.USER, null,
                    "'" + folder.resolve("recipe.json") + "' cannot be read: " + e.getMessage(), e);
        }
    }

    /** The folder's name. */
    public String name() {
        return folder.getFileName().toString();
    }

    /**
     * What a run of the network gave.
     *
     * @param relativeError the largest absolute error over the standard deviation of what is expected, over all outputs
     * @param hostOperators operators of steps that were evaluated on the host
     */
    record Outcome(double relativeError, Set<String> hostOperators) { }

    /** Runs the network on the recipe's inputs. */
    Outcome run(Device device, Precision precision) throws IOException {
        Plan plan = Compiler.compile(OnnxModel.of(name(), model(), folder), CompileOptions.of(name(), precision));
        List<HostValue> inputs = new ArrayList<>();
        plan.signature().inputs().forEach(port -> inputs.add(input(port.name(), 0)));
        double worst = 0;
        Set<String> hostOperators;
        try (Engine engine = Engine.open(plan, device, EngineOptions.defaults().withSessions(1))) {
            List<HostValue> results = engine.evaluate(inputs);
            for (int i = 0; i < results.size(); i++) {
                worst = Math.max(worst, error((Tensor) results.get(i), plan.signature().outputs().get(i).name()));
            }
            hostOperators = engine.hostOperators();
        }
        return new Outcome(worst, hostOperators);
    }

    /** The model with the recipe's weights. */
    public ModelProto model() throws IOException {
        Map<?, ?> weights = (Map<?, ?>) recipe.get("weights");
        ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(folder.resolve("graph.onnx"))).toBuilder();
        for (TensorProto.Builder tensor : model.getGraphBuilder().getInitializerBuilderList()) {
            Map<?, ?> spec = (Map<?, ?>) weights.get(tensor.getName());
            if (spec != null) {
                tensor.setRawData(UnsafeByteOperations.unsafeWrap(fill(spec, longs(spec.get("dims")), DataType.FLOAT32)));
            }
        }
        return model.build();
    }

    /**
     * The recipe's values for an input.
     *
     * @param rows how many rows, the first axis of the shape; 0 for as many as the recipe has
     * @return backed by a direct buffer
     */
    public Tensor input(String name, long rows) {
        Map<?, ?> spec = (Map<?, ?>) ((Map<?, ?>) recipe.get("inputs")).get(name);
        if (spec == null) {
            throw FiresteelException.user("NETWORK_UNREADABLE", name() + ": recipe.json has no input '" + name + "'");
        }
        DataType type = spec.get("dtype").equals("int64") ? DataType.INT64 : DataType.FLOAT32;
        long[] sizes = longs(spec.get("shape"));
        sizes[0] = rows == 0 ? sizes[0] : rows;
        return Tensor.wrap(type, sizes, fill(spec, sizes, type));
    }

    private static long[] longs(Object list) {
        return ((List<?>) list).stream().mapToLong(d -> ((BigDecimal) d).longValueExact()).toArray();
    }

    private static ByteBuffer fill(Map<?, ?> spec, long[] sizes, DataType type) {
        long seed = ((BigDecimal) spec.get("seed")).toBigInteger().longValue();
        float low = ((BigDecimal) spec.get("lo")).floatValue();
        float high = ((BigDecimal) spec.get("hi")).floatValue();
        long count = Shape.of(sizes).elements();
        ByteBuffer data = ByteBuffer.allocateDirect(Math.toIntExact(count * type.bytes())).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            float value = low + (high - low) * uniform(seed, i);
            if (type == DataType.FLOAT32) {
                data.putFloat(i * 4, value);
            } else {
                data.putLong(i * 8, (long) Math.floor(value));
            }
        }
        return data;
    }

    /** SplitMix64 at a counter, as a float in [0, 1) of 24 bits. */
    private static float uniform(long seed, long index) {
        long z = seed + (index + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return ((z ^ z >>> 31) >>> 40) * 0x1p-24f;
    }

    private double error(Tensor actual, String output) throws IOException {
        ByteBuffer expected = ByteBuffer.wrap(Files.readAllBytes(folder.resolve("expected_" + output + ".f32"))).order(ByteOrder.LITTLE_ENDIAN);
        int count = expected.remaining() / Float.BYTES;
        Map<?, ?> spec = (Map<?, ?>) ((Map<?, ?>) recipe.get("outputs")).get(output);
        long size = actual.elements();
        if (!Arrays.equals(actual.sizes(), longs(spec.get("shape")))) {
            throw FiresteelException.user("SHAPE_MISMATCH", "output '" + output + "' has type " + actual.type());
        }
        double worst = 0;
        for (int i = 0; i < count; i++) {
            long index = count == 1 ? 0 : (long) Math.floor(i * ((double) (size - 1) / (count - 1)));
            double difference = Math.abs(actual.getDouble(index) - expected.getFloat(i * Float.BYTES));
            worst = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(worst, difference);
        }
        return worst / ((BigDecimal) spec.get("std")).doubleValue();
    }
}
