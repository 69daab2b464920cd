package io.firesteel.spark.plugin;

import io.firesteel.FiresteelException;
import io.firesteel.plan.ModelFolder;
import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanReader;
import io.firesteel.spark.conf.FiresteelConf;
import io.firesteel.spark.model.ModelSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.spark.SparkEnv;
import org.apache.spark.util.Utils;

/** Plan files on this machine: local ones as they are, others fetched once into a directory of their own. */
final class PlanFiles {

    private PlanFiles() { }

    /**
     * Loads the plan of a model version, fetching its file if need be.
     *
     * @param hadoop the session's settings of file systems
     * @throws FiresteelException where it cannot be read, or is not the version the query is pinned to
     */
    static Plan load(ModelSpec model, FiresteelConf conf, Configuration hadoop) {
        try {
            Path file = local(model, conf, hadoop);
            Plan plan = PlanReader.read(file);
            if (!plan.hash().equals(model.hash())) {
                throw FiresteelException.user("PLAN_CHANGED", model.uri() + " is plan " + plan.hash() + ", not " + model.hash()
                        + " as when the query began; run the query again, and publish new versions into a model's folder");
            }
            return plan;
        } catch (IOException e) {
            throw new FiresteelException("MODEL_UNREADABLE", FiresteelException.Kind.USER, null,
                    model.uri() + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static Path local(ModelSpec model, FiresteelConf conf, Configuration hadoop) throws IOException {
        org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(model.uri());
        FileSystem files = path.getFileSystem(hadoop);
        if (files instanceof LocalFileSystem local) {
            return local.pathToFile(path).toPath();
        }
        Path directory = directory(conf);
        Path cached = directory.resolve(ModelFolder.fileName(model.hash()));
        if (!Files.exists(cached)) {
            Path incoming = Files.createTempFile(directory, ".new-", ModelFolder.SUFFIX);
            try {
                files.copyToLocalFile(false, path, new org.apache.hadoop.fs.Path(incoming.toUri()), true);
                Files.move(incoming, cached, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(incoming);
            }
        }
        return cached;
    }

    private static Path directory(FiresteelConf conf) throws IOException {
        Path base = conf.planCacheDir().isEmpty() ? Path.of(Utils.getLocalDir(SparkEnv.get().conf()))
                : Path.of(conf.planCacheDir());
        return Files.createDirectories(base.resolve("firesteel-plans"));
    }
}
