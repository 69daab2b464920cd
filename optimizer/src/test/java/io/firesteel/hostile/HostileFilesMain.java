package io.firesteel.hostile;

import com.google.protobuf.InvalidProtocolBufferException;
import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.FiresteelException;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.onnx.proto.ModelProto;
import io.firesteel.pass.Pipelines;
import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanReader;
import io.firesteel.plan.PlanWriter;
import io.firesteel.plan.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Loads mutated plans and models, in a JVM of its own so that a crash, an exhausted heap and a hang are seen from outside.
 * Arguments: the folder of the networks, a folder to write in, the number of mutants of each kind, the seed.
 * Prints one line for each defect, then counts; the exit status is 0 where there was none.
 */
final class HostileFilesMain {

    private static final long LIMIT_MILLIS = 20_000;
    private static final int REPORTED = 40;
    private static final int WRITTEN = 16;

    private static volatile String current = "";
    private static volatile long started;

    private final Path scratch;
    private final Map<String, Integer> outcomes = new TreeMap<>();
    private final Map<String, String> defects = new TreeMap<>();

    private HostileFilesMain(Path scratch) {
        this.scratch = scratch;
    }

    private interface Load {
        void run() throws IOException;
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        HostileFilesMain run = new HostileFilesMain(Path.of(arguments[1]));
        int mutants = Integer.parseInt(arguments[2]);
        long seed = Long.parseLong(arguments[3]);
        started = System.currentTimeMillis();
        Thread worker = new Thread(() -> run.all(Path.of(arguments[0]), mutants, seed), "mutants");
        worker.start();
        while (worker.isAlive()) {
            worker.join(500);
            if (worker.isAlive() && System.currentTimeMillis() - started > LIMIT_MILLIS) {
                System.out.println("hang: " + current + " at " + List.of(worker.getStackTrace()).stream().limit(12).toList());
                System.out.flush();
                Runtime.getRuntime().halt(4);
            }
        }
        run.defects.values().stream().limit(REPORTED).forEach(System.out::println);
        System.out.println(run.outcomes);
        System.exit(run.defects.isEmpty() && run.outcomes.values().stream().mapToInt(i -> i).sum() >= 2 * mutants ? 0 : 1);
    }

    private void all(Path networks, int mutants, long seed) {
        try (Stream<Path> folders = Files.list(networks)) {
            List<Path> models = folders.map(f -> f.resolve("model.onnx")).sorted().toList();
            int share = mutants / models.size() + 1;
            for (Path model : models) {
                byte[] bytes = Files.readAllBytes(model);
                String name = model.getParent().getFileName().toString();
                models(name, bytes, share, new Random(seed));
                for (boolean optimize : new boolean[] {false, true}) {
                    Path plan = scratch.resolve(name + ".plan");
                    OnnxModel read = OnnxModel.read(name, bytes, null);
                    PlanWriter.write(Compiler.compile(read, new CompileOptions(name, Precision.FP32, optimize)), plan);
                    plans(name, Files.readAllBytes(plan), share / 2 + 1, new Random(seed));
                }
            }
        } catch (IOException | RuntimeException e) {
            defects.put("setup", "the networks cannot be used: " + e);
        }
    }

    private void models(String name, byte[] model, int mutants, Random random) throws InvalidProtocolBufferException {
        ModelProto proto = ModelProto.parseFrom(model);
        MessageMutator messages = new MessageMutator(random);
        ByteMutator bytes = new ByteMutator(random);
        for (int i = 0; i < mutants; i++) {
            byte[] mutant = random.nextInt(4) == 0 ? bytes.mutate(model)
                    : messages.mutate(proto, 1 + random.nextInt(3)).toByteArray();
            boolean write = i % WRITTEN == 0;
            load("model", name, i, mutant, () -> build(name, mutant, write));
        }
    }

    private void build(String name, byte[] model, boolean write) {
        OnnxModel read = OnnxModel.read(name, model, scratch);
        Plan plan = Compiler.compile(read, CompileOptions.of(name, Precision.FP32));
        if (write) {
            Path file = scratch.resolve("built.plan");
            PlanWriter.write(plan, file);
            PlanReader.read(file);
        }
    }

    private void plans(String name, byte[] plan, int mutants, Random random) {
        PlanMutator inside = new PlanMutator(random);
        ByteMutator bytes = new ByteMutator(random);
        for (int i = 0; i < mutants; i++) {
            byte[] mutant = random.nextInt(5) == 0 ? bytes.mutate(plan) : inside.mutate(plan);
            load("plan", name, i, mutant, () -> read(mutant));
        }
    }

    private void read(byte[] mutant) throws IOException {
        Path file = scratch.resolve("mutant.plan");
        Files.deleteIfExists(file);
        Files.write(file, mutant);
        PlanReader.header(file);
        Plan plan = PlanReader.read(file);
        plan.layersAfter();
        plan.signature().batchSymbol().ifPresent(batch -> Pipelines.bucket(plan.graph().bind(Map.of(batch, 2L))));
    }

    private void load(String kind, String name, int index, byte[] mutant, Load load) {
        current = kind + " " + name + " " + index;
        started = System.currentTimeMillis();
        String outcome = kind + " loaded";
        try {
            load.run();
        } catch (FiresteelException e) {
            outcome = kind + " " + e.code();
            if (e.kind() == FiresteelException.Kind.INTERNAL || e.getMessage().isBlank() || e.getMessage().contains("\n")) {
                defect(e, mutant);
            }
        } catch (IOException | RuntimeException | Error e) {
            outcome = kind + " defect";
            defect(e, mutant);
        }
        outcomes.merge(outcome, 1, Integer::sum);
    }

    private void defect(Throwable error, byte[] mutant) {
        Throwable root = error.getCause() == null ? error : error.getCause();
        List<StackTraceElement> frames = Stream.of(root.getStackTrace()).filter(f -> f.getClassName().startsWith("io.firesteel"))
                .limit(4).toList();
        defects.computeIfAbsent(error.getClass() + " " + frames, k -> {
            Path kept = scratch.resolve("defect-" + defects.size());
            try {
                Files.write(kept, mutant);
            } catch (IOException e) {
                return "a defect cannot be kept: " + e;
            }
            return "defect: " + current + ": " + error + " caused by " + root + " at " + frames + ", kept as " + kept;
        });
    }
}
