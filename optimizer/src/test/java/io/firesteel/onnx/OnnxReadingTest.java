package io.firesteel.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.TextFormat;
import io.firesteel.FiresteelException;
import io.firesteel.onnx.proto.ModelProto;
import io.firesteel.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxReadingTest {

    private static final String INPUT = "input { name: 'x' type { tensor_type { elem_type: 1 shape { dim { dim_param: 'N' }"
            + " dim { dim_value: 2 } } } } } ";
    private static final String OUTPUT = "output { name: 'y' } ";

    @TempDir
    Path folder;

    private static byte[] model(long opset, String graph, String rest) {
        try {
            ModelProto.Builder model = ModelProto.newBuilder();
            TextFormat.merge("opset_import { version: " + opset + " } graph { " + graph + " } " + rest, model);
            return model.build().toByteArray();
        } catch (TextFormat.ParseException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private OnnxModel read(String graph) {
        return OnnxModel.read("test", model(21, graph, ""), folder);
    }

    private AbstractThrowableAssert<?, ?> refused(String code, String graph, String rest) {
        return assertThatThrownBy(() -> OnnxModel.read("test", model(21, graph, rest), folder))
                .isInstanceOfSatisfying(FiresteelException.class, e -> {
                    assertThat(e.code()).isEqualTo(code);
                    assertThat(e.getMessage()).doesNotContain("\n");
                });
    }

    private static String external(String location, String more) {
        return "initializer { name: 'w' data_type: 1 dims: 2 data_location: EXTERNAL external_data { key: 'location' value: '"
                + location + "' } " + more + " } " + INPUT + "node { op_type: 'Add' input: 'x' input: 'w' output: 'y' } " + OUTPUT;
    }

    @Test
    void externalDataIsReadAtItsOffset() throws Exception {
        Files.write(folder.resolve("weights.bin"), new byte[] {9, 9, 9, 9, 0, 0, (byte) 0x80, 0x3f, 0, 0, 0, 0x40});
        Tensor weights = read(external("weights.bin", "external_data { key: 'offset' value: '4' }")).graph().constant("w").orElseThrow();
        assertThat(weights.toFloats()).containsExactly(1f, 2f);
    }

    @Test
    void externalDataIsReadThroughADownloadCachesLinks() throws Exception {
        Path blobs = Files.createDirectories(folder.resolve("blobs"));
        Path snapshot = Files.createDirectories(folder.resolve("snapshot"));
        Files.write(blobs.resolve("1"), model(21, external("weights.bin", ""), ""));
        Files.write(blobs.resolve("2"), new byte[8]);
        Files.createSymbolicLink(snapshot.resolve("model.onnx"), blobs.resolve("1"));
        Files.createSymbolicLink(snapshot.resolve("weights.bin"), blobs.resolve("2"));
        assertThat(OnnxModel.read(snapshot.resolve("model.onnx")).graph().constant("w")).isPresent();
    }

    @Test
    void externalDataOutsideTheFolderIsRefused() throws Exception {
        Path inside = Files.createDirectories(folder.resolve("inside"));
        Files.write(folder.resolve("secret"), new byte[8]);
        Files.createSymbolicLink(inside.resolve("link"), folder.resolve("secret"));
        for (String location : new String[] {"../secret", folder.resolve("secret").toString(), "link"}) {
            assertThatThrownBy(() -> OnnxModel.read("test", model(21, external(location, ""), ""), inside))
                    .hasMessageMatching(".*(outside|out of) the model's folder.*");
        }
    }

    @Test
    void externalDataThatDoesNotFitIsRefused() throws Exception {
        Files.write(folder.resolve("short"), new byte[7]);
        Files.createDirectories(folder.resolve("folder"));
        refused("MODEL_INVALID", external("short", ""), "").hasMessageContaining("has 7");
        refused("MODEL_INVALID", external("short", "external_data { key: 'offset' value: '9223372036854775807' }"), "");
        refused("MODEL_INVALID", external("short", "external_data { key: 'offset' value: 'x' }"), "").hasMessageContaining("number");
        refused("MODEL_INVALID", external("folder", ""), "").hasMessageContaining("not a file");
        refused("MODEL_INVALID", external("missing", ""), "").hasMessageContaining("copy it beside the model");
        refused("MODEL_INVALID", external("a\\000b", ""), "").hasMessageContaining("no file name");
    }

    private static String sparse(String dims, String indices) {
        return "sparse_initializer { values { name: 'w' data_type: 1 dims: 2 float_data: 5 float_data: 7 } indices { data_type: 7 "
                + indices + " } " + dims + " } " + INPUT + "node { op_type: 'MatMul' input: 'x' input: 'w' output: 'y' } " + OUTPUT;
    }

    @Test
    void sparseInitializersAreExpanded() {
        String linear = sparse("dims: 2 dims: 2", "dims: 2 int64_data: 1 int64_data: 2");
        assertThat(read(linear).graph().constant("w").orElseThrow().toFloats()).containsExactly(0f, 5f, 7f, 0f);
        String coordinates = sparse("dims: 2 dims: 2", "dims: 2 dims: 2 int64_data: [1, 1, 0, 1]");
        assertThat(read(coordinates).graph().constant("w").orElseThrow().toFloats()).containsExactly(0f, 7f, 0f, 5f);
    }

    @Test
    void sparseInitializersThatDoNotFitAreRefused() {
        refused("MODEL_INVALID", sparse("dims: 2 dims: 2", "dims: 2 int64_data: [1, 4]"), "").hasMessageContaining("outside");
        refused("MODEL_INVALID", sparse("dims: 2 dims: 1099511627776", "dims: 2 int64_data: [1, 2]"), "").hasMessageContaining("too large");
        refused("MODEL_INVALID", sparse("dims: -2 dims: -2", "dims: 2 int64_data: [1, 2]"), "").hasMessageContaining("negative");
        refused("MODEL_INVALID", sparse("dims: 2 dims: 2", "dims: 1 int64_data: 1"), "").hasMessageContaining("indices");
        refused("MODEL_INVALID", sparse("dims: 2 dims: 2", "dims: 2 dims: 2 int64_data: [0, 5, 1, -3]"), "").hasMessageContaining("outside");
    }

    @Test
    void everythingUnsupportedIsListedAtOnce() {
        String graph = INPUT + "initializer { name: 's' data_type: 8 dims: 1 string_data: 'a' } "
                + "node { op_type: 'Frobnicate' name: 'first' input: 'x' output: 'a' } "
                + "node { op_type: 'Relu' name: 'between' input: 'a' output: 'b' } "
                + "node { op_type: 'Embed' domain: 'vendor' name: 'second' input: 'x' output: 'y' } " + OUTPUT;
        refused("MODEL_UNSUPPORTED", graph, "").hasMessageContaining("3 node(s)")
                .hasMessageContaining("'first': Frobnicate (opset 21) of [fp32[N,2]]")
                .hasMessageContaining("'second': vendor.Embed").hasMessageContaining("'s'").hasMessageContaining("string")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("between"));
    }

    @Test
    void aNewerOperatorSetGivesAWarning() {
        String graph = INPUT + "node { op_type: 'Relu' input: 'x' output: 'y' } " + OUTPUT;
        assertThat(OnnxModel.read("test", model(OnnxModel.NEWEST_OPSET, graph, ""), null).warnings()).isEmpty();
        assertThat(OnnxModel.read("test", model(OnnxModel.NEWEST_OPSET + 1, graph, ""), null).warnings()).singleElement()
                .asString().contains("27");
    }

    @Test
    void namesThatDoNotFitTogetherAreRefused() {
        String relu = "node { op_type: 'Relu' input: 'x' output: 'y' } ";
        refused("MODEL_INVALID", INPUT + relu + relu + OUTPUT, "").hasMessageContaining("'y' is defined twice");
        refused("MODEL_INVALID", INPUT + INPUT + relu + OUTPUT, "").hasMessageContaining("'x' is defined twice");
        refused("MODEL_INVALID", INPUT + "node { op_type: 'Relu' input: 'z' output: 'y' } node { op_type: 'Relu' input: 'y' output: 'z' } "
                + OUTPUT, "").hasMessageContaining("reads 'z', which nothing before it makes");
        refused("MODEL_INVALID", INPUT + OUTPUT, "").hasMessageContaining("output 'y'");
        refused("MODEL_INVALID", INPUT + "node { op_type: 'Relu' name: 'a\\nb' input: 'q' output: 'y' } " + OUTPUT, "")
                .hasMessageContaining("'a b'");
    }

    @Test
    void impossibleShapesAreRefused() {
        String huge = "input { name: 'x' type { tensor_type { elem_type: 1 shape { dim { dim_value: 4611686018427387904 }"
                + " dim { dim_value: 4611686018427387904 } } } } } node { op_type: 'Relu' input: 'x' output: 'y' } " + OUTPUT;
        refused("MODEL_INVALID", huge, "").hasMessageContaining("larger than can be addressed");
        String deep = "input { name: 'x' type { tensor_type { elem_type: 1 shape { " + "dim { dim_value: 1 } ".repeat(65)
                + "} } } } node { op_type: 'Relu' input: 'x' output: 'y' } " + OUTPUT;
        refused("MODEL_INVALID", deep, "").hasMessageContaining("65 dimensions");
    }

    private static String function(String name, String... calls) {
        StringBuilder text = new StringBuilder("functions { domain: 'local' name: '" + name + "' input: 'a0' output: 'a"
                + calls.length + "' opset_import { domain: 'local' version: 1 } opset_import { version: 21 } ");
        for (int i = 0; i < calls.length; i++) {
            text.append("node { op_type: '").append(calls[i]).append("' domain: '").append(calls[i].equals("Relu") ? "" : "local")
                    .append("' input: 'a").append(i).append("' output: 'a").append(i + 1).append("' } ");
        }
        return text.append("} ").toString();
    }

    private static final String CALL = INPUT + "node { op_type: 'f0' domain: 'local' input: 'x' output: 'y' } " + OUTPUT;
    private static final String LOCAL = "opset_import { domain: 'local' version: 1 } ";

    @Test
    void functionsAreInlined() {
        OnnxModel model = OnnxModel.read("test", model(21, CALL, LOCAL + function("f0", "Relu", "f1") + function("f1", "Relu")), null);
        assertThat(model.graph().nodes()).hasSize(2);
    }

    @Test
    void functionsThatNeverEndOrExplodeAreRefused() {
        refused("MODEL_INVALID", CALL, LOCAL + function("f0", "f0")).hasMessageContaining("nested");
        StringBuilder doubling = new StringBuilder(LOCAL);
        for (int i = 0; i < 30; i++) {
            doubling.append(function("f" + i, "f" + (i + 1), "f" + (i + 1)));
        }
        refused("MODEL_UNSUPPORTED", CALL, doubling + function("f30", "Relu")).hasMessageContaining("expand");
    }

    @Test
    void aFunctionCalledWithTooMuchIsRefused() {
        String call = INPUT + "node { op_type: 'f0' domain: 'local' input: 'x' output: 'y' output: 'z' } " + OUTPUT;
        refused("MODEL_INVALID", call, LOCAL + function("f0", "Relu")).hasMessageContaining("2 outputs");
    }
}
