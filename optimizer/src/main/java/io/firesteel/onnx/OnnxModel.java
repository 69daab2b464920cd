package io.firesteel.onnx;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.onnx.proto.ModelProto;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * An ONNX model that was read and imported.
 *
 * @param graph the network, one node or more for each ONNX node
 * @param producer the tool that wrote the file, with its version; may be empty
 * @param opset the version of ONNX's own operator set
 * @param warnings what the user should know
 */
public record OnnxModel(Graph graph, String producer, long opset, List<String> warnings) {

    /** The newest version of ONNX's operator set whose changes are known here. */
    public static final long NEWEST_OPSET = 26;

    private static final int LISTED = 1_000;

    /** Reads and imports a file; external data is looked for in its folder, and nowhere else. */
    public static OnnxModel read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw FiresteelException.user("MODEL_NOT_FOUND", "there is no model file '" + file + "'");
        }
        try (InputStream in = Files.newInputStream(file)) {
            TensorReader tensors = new TensorReader(file.toAbsolutePath().getParent(), file.toRealPath().getParent());
            return read(file.toString(), CodedInputStream.newInstance(in, 1 << 16), tensors);
        } catch (IOException e) {
            throw new FiresteelException("MODEL_UNREADABLE", FiresteelException.Kind.USER, null,
                    "model '" + file + "' cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Reads and imports a model in memory.
     *
     * @param name what to call it in messages
     * @param directory where external data is, or null where none may be read
     */
    public static OnnxModel read(String name, byte[] bytes, Path directory) {
        try {
            return read(name, CodedInputStream.newInstance(bytes), new TensorReader(directory));
        } catch (IOException e) {
            throw new FiresteelException("MODEL_UNREADABLE", FiresteelException.Kind.USER, null,
                    "model '" + name + "' cannot be read: " + e.getMessage(), e);
        }
    }

    private static OnnxModel read(String name, CodedInputStream in, TensorReader tensors) throws IOException {
        ModelProto model;
        try {
            in.setSizeLimit(Integer.MAX_VALUE);
            model = ModelProto.parseFrom(in);
        } catch (InvalidProtocolBufferException e) {
            throw new FiresteelException("MODEL_DAMAGED", FiresteelException.Kind.USER, null, "'" + name
                    + "' is not an ONNX model, or it is damaged (" + e.getMessage() + "): export it again", e);
        }
        return importModel(name, model, tensors);
    }

    /**
     * Imports a model that was parsed or made by other means.
     *
     * @param name what to call it in messages
     * @param directory where external data is, or null where none may be read
     */
    public static OnnxModel of(String name, ModelProto model, Path directory) {
        return importModel(name, model, new TensorReader(directory));
    }

    private static OnnxModel importModel(String name, ModelProto model, TensorReader tensors) {
        if (!model.hasGraph()) {
            throw FiresteelException.user("MODEL_DAMAGED", "'" + name + "' is not an ONNX model: it has no graph");
        }
        Map<String, Long> opsets = new HashMap<>();
        model.getOpsetImportList().forEach(o -> opsets.put(o.getDomain().equals("ai.onnx") ? "" : o.getDomain(), o.getVersion()));
        opsets.putIfAbsent("", 1L);
        List<String> warnings = new ArrayList<>();
        if (opsets.get("") > NEWEST_OPSET) {
            warnings.add("the model uses operator set " + opsets.get("") + "; operators are read as of " + NEWEST_OPSET);
        }
        try {
            Graph graph = GraphImporter.importGraph(new ImportScope(model, tensors), model.getGraph(), opsets);
            return new OnnxModel(graph, (model.getProducerName() + " " + model.getProducerVersion()).strip(), opsets.get(""), warnings);
        } catch (UnsupportedModelException e) {
            String rest = e.nodes().size() > LISTED ? "; and " + (e.nodes().size() - LISTED) + " more" : "";
            throw FiresteelException.user("MODEL_UNSUPPORTED", "model '" + name + "' has " + e.nodes().size()
                    + " node(s) that cannot be imported: "
                    + e.nodes().stream().limit(LISTED).map(UnsupportedNode::toString).collect(Collectors.joining("; ")) + rest);
        }
    }
}
