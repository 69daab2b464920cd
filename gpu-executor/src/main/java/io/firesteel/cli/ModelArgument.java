package io.firesteel.cli;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.FiresteelException;
import io.firesteel.engine.TacticStore;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.plan.ModelFolder;
import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanReader;
import io.firesteel.plan.PlanWriter;
import io.firesteel.plan.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A model named on the command line: a plan file, a model's folder, or an ONNX file. */
public final class ModelArgument {

    private ModelArgument() { }

    /** Whether a path names an ONNX file rather than a plan. */
    static boolean isOnnx(Path path) {
        return path.toString().endsWith(".onnx");
    }

    /** The plan; an ONNX file is compiled on the way. */
    static Plan plan(Path path, Precision precision) {
        if (isOnnx(path)) {
            return compile(path, CompileOptions.of(name(path), precision == null ? Precision.FP32 : precision));
        }
        Plan plan = PlanReader.read(ModelFolder.resolve(path));
        if (precision != null && precision != Precision.FP32 && precision != plan.precision()) {
            throw FiresteelException.user("PRECISION_NOT_PERMITTED", "plan '" + path + "' permits " + plan.precision().label()
                    + ", not " + precision.label() + ": build it with --precision " + precision.label());
        }
        return plan;
    }

    /** Where the tactic tables of a model are kept: beside its plan; those of ONNX files are this user's. */
    static TacticStore tactics(Path path) {
        return isOnnx(path) ? TacticStore.ofUser()
                : TacticStore.beside(TacticStore.folder(ModelFolder.resolve(path).toAbsolutePath().getParent()));
    }

    /** Compiles an ONNX file. */
    static Plan compile(Path onnx, CompileOptions options) {
        OnnxModel model = OnnxModel.read(onnx);
        model.warnings().forEach(w -> System.err.println("warning: " + w));
        return Compiler.compile(model, options);
    }

    /** The file's name without its suffix. */
    public static String name(Path path) {
        String file = path.getFileName().toString();
        return file.replaceFirst("\\.(onnx|plan)$", "");
    }

    /**
     * Refuses an output in whose place the model lies that it is to be made from.
     *
     * @param source the plan file that was read
     * @throws FiresteelException {@code OUTPUT_IS_INPUT} where it is that file, or the folder whose version the file is
     */
    public static void requireOther(Path source, Path output) {
        Path folder = source.toAbsolutePath().getParent();
        if (same(source, output) || Files.exists(folder.resolve(ModelFolder.POINTER)) && same(folder, output)) {
            throw FiresteelException.user("OUTPUT_IS_INPUT", "'" + output + "' is the model that is read, which stays as it is:"
                    + " give another output");
        }
    }

    private static boolean same(Path one, Path other) {
        try {
            return Files.isSameFile(one, other);
        } catch (IOException e) {
            return false;
        }
    }

    /** Stores a plan: as a file where the path ends with {@code .plan}, else as the new version of a model's folder. */
    public static Path store(Plan plan, Path path) {
        if (path.toString().endsWith(ModelFolder.SUFFIX) && !Files.isDirectory(path)) {
            PlanWriter.write(plan, path);
            return path;
        }
        return ModelFolder.publish(plan, path);
    }
}
