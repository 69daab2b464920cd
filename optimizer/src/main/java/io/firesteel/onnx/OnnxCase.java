package io.firesteel.onnx;

import com.google.protobuf.InvalidProtocolBufferException;
import io.firesteel.FiresteelException;
import io.firesteel.onnx.proto.OptionalProto;
import io.firesteel.onnx.proto.SequenceProto;
import io.firesteel.onnx.proto.TensorProto;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A case in the layout of ONNX's backend test suite: a folder with {@code model.onnx} and folders {@code test_data_set_*} of
 * {@code input_*.pb} and {@code output_*.pb}; or a file {@code NAME.onnx} with {@code NAME_output_*.pb} beside it.
 *
 * @param model the model's file
 */
public record OnnxCase(Path model) {

    private static final String MODEL = "model.onnx";

    /**
     * One set of inputs with what is expected of them.
     *
     * @param inputs one for each input of the model, in order
     * @param outputs one for each output of the model, in order
     */
    public record DataSet(List<HostValue> inputs, List<HostValue> outputs) { }

    /** All cases below a folder, by name. */
    public static List<OnnxCase> find(Path root) {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(f -> f.endsWith(MODEL) || isFlat(f)).map(OnnxCase::new)
                    .sorted((a, b) -> a.name().compareTo(b.name())).toList();
        } catch (IOException e) {
            throw FiresteelException.user("CASES_UNREADABLE", "folder '" + root + "' cannot be read: " + e.getMessage());
        }
    }

    private static boolean isFlat(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(".onnx") && !name.equals(MODEL)
                && Files.exists(file.resolveSibling(name.replaceFirst("\\.onnx$", "_output_0.pb")));
    }

    /** The folder's name, or the file's without its suffix. */
    public String name() {
        return model.endsWith(MODEL) ? model.getParent().getFileName().toString()
                : model.getFileName().toString().replaceFirst("\\.onnx$", "");
    }

    /** Reads and imports the model. */
    public OnnxModel read() {
        return OnnxModel.read(model);
    }

    /**
     * Reads the data sets.
     *
     * @param inputTypes types of the model's inputs; inputs without a file are filled with i / n, as the suite's light models are
     * @param outputTypes types of the model's outputs, which say what kind of value a file holds
     */
    public List<DataSet> dataSets(List<ValueType> inputTypes, List<ValueType> outputTypes) {
        List<DataSet> sets = new ArrayList<>();
        Path folder = model.getParent();
        if (!model.endsWith(MODEL)) {
            try {
                return List.of(new DataSet(read(folder, name() + "_input", inputTypes), read(folder, name() + "_output", outputTypes)));
            } catch (IOException e) {
                throw unreadable(e);
            }
        }
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(folder, "test_data_set_*")) {
            for (Path set : folders) {
                sets.add(new DataSet(read(set, "input", inputTypes), read(set, "output", outputTypes)));
            }
        } catch (IOException e) {
            throw unreadable(e);
        }
        return sets;
    }

    private FiresteelException unreadable(IOException e) {
        return FiresteelException.user("CASES_UNREADABLE", "case '" + name() + "' cannot be read: " + e.getMessage());
    }

    private List<HostValue> read(Path set, String kind, List<ValueType> types) throws IOException {
        List<HostValue> values = new ArrayList<>();
        for (int i = 0; i < types.size(); i++) {
            Path file = set.resolve(kind + "_" + i + ".pb");
            values.add(Files.exists(file) ? read(Files.readAllBytes(file), types.get(i)) : ramp(types.get(i)));
        }
        return values;
    }

    private static HostValue ramp(ValueType type) {
        if (!(type instanceof TensorType tensor) || !tensor.isStatic()) {
            throw FiresteelException.user("CASES_UNREADABLE", "an input of type " + type + " has no data file");
        }
        Tensor values = Tensor.zeros(DataType.FLOAT32, tensor.shape().sizes());
        for (long i = 0; i < values.elements(); i++) {
            values.setDouble(i, (float) i / values.elements());
        }
        return values;
    }

    private static HostValue read(byte[] bytes, ValueType type) throws InvalidProtocolBufferException {
        TensorReader reader = new TensorReader(null);
        if (type instanceof ValueType.SequenceType) {
            return sequence(SequenceProto.parseFrom(bytes), reader);
        }
        if (type instanceof ValueType.OptionalType) {
            return optional(OptionalProto.parseFrom(bytes), reader);
        }
        return reader.read(TensorProto.parseFrom(bytes));
    }

    private static HostValue sequence(SequenceProto proto, TensorReader reader) {
        List<HostValue> values = new ArrayList<>();
        proto.getTensorValuesList().forEach(t -> values.add(reader.read(t)));
        proto.getSequenceValuesList().forEach(s -> values.add(sequence(s, reader)));
        proto.getOptionalValuesList().forEach(o -> values.add(optional(o, reader)));
        return new HostValue.Sequence(values);
    }

    private static HostValue optional(OptionalProto proto, TensorReader reader) {
        if (proto.hasTensorValue()) {
            return new HostValue.Maybe(Optional.of(reader.read(proto.getTensorValue())));
        }
        if (proto.hasSequenceValue()) {
            return new HostValue.Maybe(Optional.of(sequence(proto.getSequenceValue(), reader)));
        }
        return new HostValue.Maybe(Optional.empty());
    }

    /**
     * Compares a result with what is expected, by the suite's rule: equal type and shape, and every value within
     * {@code absolute + relative * |expected|}.
     *
     * @return what differs, or empty
     */
    public static Optional<String> difference(HostValue actual, HostValue expected, double relative, double absolute) {
        if (expected instanceof Tensor e && actual instanceof Tensor a) {
            return difference(a, e, relative, absolute);
        }
        if (expected instanceof HostValue.Sequence e && actual instanceof HostValue.Sequence a) {
            if (a.elements().size() != e.elements().size()) {
                return Optional.of("sequence of " + a.elements().size() + " instead of " + e.elements().size());
            }
            for (int i = 0; i < e.elements().size(); i++) {
                Optional<String> difference = difference(a.elements().get(i), e.elements().get(i), relative, absolute);
                if (difference.isPresent()) {
                    return difference;
                }
            }
            return Optional.empty();
        }
        if (expected instanceof HostValue.Maybe e) {
            Optional<HostValue> value = actual instanceof HostValue.Maybe a ? a.value() : Optional.of(actual);
            if (e.value().isEmpty() || value.isEmpty()) {
                return e.value().isPresent() == value.isPresent() ? Optional.empty() : Optional.of("optional present only on one side");
            }
            return difference(value.get(), e.value().get(), relative, absolute);
        }
        return Optional.of("a value of another kind than expected");
    }

    private static Optional<String> difference(Tensor actual, Tensor expected, double relative, double absolute) {
        if (actual.dataType() != expected.dataType() || !Shape.of(actual.sizes()).equals(Shape.of(expected.sizes()))) {
            return Optional.of("type " + actual.type() + " instead of " + expected.type());
        }
        for (long i = 0; i < expected.elements(); i++) {
            if (expected.dataType().isFloatingPoint()) {
                double a = actual.getDouble(i);
                double e = expected.getDouble(i);
                boolean same = a == e || Double.isNaN(a) && Double.isNaN(e) || Math.abs(a - e) <= absolute + relative * Math.abs(e);
                if (!same) {
                    return Optional.of("element " + i + " is " + a + " instead of " + e);
                }
            } else if (actual.getLong(i) != expected.getLong(i)
                    && Math.abs((double) actual.getLong(i) - expected.getLong(i)) > absolute + relative * Math.abs((double) expected.getLong(i))) {
                return Optional.of("element " + i + " is " + actual.getLong(i) + " instead of " + expected.getLong(i));
            }
        }
        return Optional.empty();
    }
}
