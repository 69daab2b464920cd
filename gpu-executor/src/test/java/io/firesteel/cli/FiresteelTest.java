package io.firesteel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.firesteel.onnx.proto.GraphProto;
import io.firesteel.onnx.proto.ModelProto;
import io.firesteel.onnx.proto.NodeProto;
import io.firesteel.onnx.proto.OperatorSetIdProto;
import io.firesteel.onnx.proto.TensorProto;
import io.firesteel.onnx.proto.TensorShapeProto;
import io.firesteel.onnx.proto.TypeProto;
import io.firesteel.onnx.proto.ValueInfoProto;
import io.firesteel.tensor.Tensor;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FiresteelTest {

    private record Outcome(int status, String out, String err) {
        private Map<?, ?> json() {
            return (Map<?, ?>) Json.read(out);
        }
    }

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void writeModel() throws Exception {
        model = folder.resolve("relu.onnx");
        Files.write(model, model("Relu").toByteArray());
    }

    /** y = OPERATOR(x w), x [N, 3], w the identity. */
    private static ModelProto model(String operator) {
        ByteBuffer identity = ByteBuffer.allocate(36).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 3; i++) {
            identity.putFloat(i * 16, 1);
        }
        return ModelProto.newBuilder().setIrVersion(8).addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(18))
                .setGraph(GraphProto.newBuilder().setName("g")
                        .addNode(NodeProto.newBuilder().setName("product").setOpType("MatMul").addInput("x").addInput("w").addOutput("h"))
                        .addNode(NodeProto.newBuilder().setName("last").setOpType(operator).addInput("h").addOutput("y"))
                        .addInitializer(TensorProto.newBuilder().setName("w").setDataType(1).addDims(3).addDims(3)
                                .setRawData(ByteString.copyFrom(identity.array())))
                        .addInput(value("x")).addOutput(value("y")))
                .build();
    }

    private static ValueInfoProto value(String name) {
        return ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(TypeProto.Tensor.newBuilder()
                .setElemType(1).setShape(TensorShapeProto.newBuilder()
                        .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("N"))
                        .addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(3))))).build();
    }

    private static Outcome run(Object... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] words = Arrays.stream(arguments).map(Object::toString).toArray(String[]::new);
        int status = Firesteel.run(new PrintWriter(out), new PrintWriter(err), words);
        return new Outcome(status, out.toString(), err.toString());
    }

    private static void assertOneLineError(Outcome outcome, String... contents) {
        assertThat(outcome.status()).isBetween(1, 125);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err().strip()).startsWith("firesteel: ").contains(contents);
        assertThat(outcome.err().strip().lines()).hasSize(1);
    }

    @Test
    void aModelIsBuiltInspectedRunAndMeasured() {
        Path plan = folder.resolve("relu.plan");
        Outcome built = run("build", model, "-o", plan, "--precision", "fp32");
        assertThat(built.status()).as(built.err()).isZero();
        assertThat(plan).isRegularFile();

        Map<?, ?> inspected = run("inspect", plan, "--json").json();
        assertThat(inspected.keySet().stream().map(Object::toString)).contains("layersBefore", "layersAfter", "arenaBytes",
                "arenaLowerBoundBytes", "inputs", "outputs", "steps");
        assertThat((List<?>) inspected.get("inputs")).hasSize(1);
        assertThat(run("inspect", plan).out()).contains("layers").contains("arena");

        Npy.write(Tensor.floats(new long[] {2, 3}, 1, -1, 2, -2, 3, -3), folder.resolve("x.npy"));
        Outcome ran = run("run", plan, "--input", folder.resolve("x.npy"), "--output", folder.resolve("y.npy"));
        assertThat(ran.status()).as(ran.err()).isZero();
        assertThat(Npy.read(folder.resolve("y.npy")).toFloats()).containsExactly(1, 0, 2, 0, 3, 0);

        Map<?, ?> measured = run("bench", plan, "--batch", 4, "--threads", 2, "--warmup", 0, "--seconds", 0.05, "--json").json();
        assertThat(measured.keySet().stream().map(Object::toString)).contains("rowsPerSecond", "msMedian", "msP99", "device", "precision");
        assertThat(run("bench", plan, "--warmup", 0, "--seconds", 0.05, "--layers").out()).contains("rows/s").contains("MatMul");
    }

    @Test
    void aFolderHoldsTheVersionsOfAModel() {
        Path versions = folder.resolve("models").resolve("relu");
        assertThat(run("build", model, "-o", versions).status()).isZero();
        assertThat(run("inspect", versions, "--json").json().get("name")).isEqualTo("relu");
    }

    @Test
    void inputsAreNamed() {
        Npy.write(Tensor.floats(new long[] {1, 3}, 1, 2, 3), folder.resolve("x.npy"));
        assertThat(run("run", model, "-i", "x=" + folder.resolve("x.npy"), "-o", "y=" + folder.resolve("y.npy")).status()).isZero();
        Npy.write(Tensor.floats(new long[] {1, 4}, 1, 2, 3, 4), folder.resolve("x.npy"));
        assertOneLineError(run("run", model, "-i", folder.resolve("x.npy"), "-o", folder.resolve("y.npy")), "x", "[1,4]");
    }

    @Test
    void aModelIsComparedWithItsPlainEvaluation() {
        Outcome checked = run("check", model, "--json");
        assertThat(checked.status()).as(checked.err()).isZero();
        assertThat(checked.json().get("passed").toString()).isEqualTo("1");
    }

    @Test
    void theDoctorNamesTheDevices() {
        assertThat(run("doctor").out()).contains("reference").contains("java");
        assertThat((List<?>) run("doctor", "--json").json().get("backends")).isNotEmpty();
    }

    @Test
    void mistakesAreOneLineOnStandardError() throws Exception {
        assertOneLineError(run("inspect", folder.resolve("none.plan")), "none.plan");
        assertOneLineError(run("build", folder.resolve("none.onnx"), "-o", folder.resolve("x.plan")), "none.onnx");
        assertOneLineError(run("build", model), "--output");
        assertOneLineError(run("build", model, "-o", folder.resolve("x.plan"), "--dim", "absent=3"), "'absent'");
        assertOneLineError(run("build", model, "-o", folder.resolve("x.plan"), "--dim", "absent=many"), "--dim", "many");
        assertOneLineError(run("nonsense"), "nonsense");
        assertOneLineError(run("bench", model, "--batch", 0), "--batch");
        assertOneLineError(run("bench", model, "--device", "abacus"), "abacus", "reference");
        assertOneLineError(run("bench", model, "--precision", "fp7"), "fp7");
        Files.write(folder.resolve("damaged.onnx"), new byte[] {1, 2, 3});
        assertOneLineError(run("build", folder.resolve("damaged.onnx"), "-o", folder.resolve("x.plan")), "damaged.onnx");
        Files.write(folder.resolve("damaged.plan"), new byte[] {1, 2, 3});
        assertOneLineError(run("inspect", folder.resolve("damaged.plan"), "--json"), "damaged.plan");
    }

    @Test
    void unsupportedNodesAreNamed() throws Exception {
        Files.write(model, model("Frobnicate").toByteArray());
        assertOneLineError(run("build", model, "-o", folder.resolve("x.plan")), "Frobnicate", "last");
    }

    @Test
    void theStackTraceIsShownOnRequest() {
        assertThat(run("inspect", folder.resolve("none.plan"), "--stacktrace").err()).contains("\tat ");
    }

    @Test
    void aPrecisionThePlanDoesNotPermitIsRefused() {
        Path plan = folder.resolve("relu.plan");
        run("build", model, "-o", plan);
        assertOneLineError(run("bench", plan, "--precision", "bf16"), "bf16", "build");
    }
}
