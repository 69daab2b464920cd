package io.firesteel.backend.cuda.dnn;

import io.firesteel.FiresteelException;
import io.firesteel.backend.cuda.linkage.PrivateCache;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * The chosen plans of one kind of device on disk, two files for a graph: the engine configuration, and the plan with its compiled code
 * where cuDNN gives it away. Files that cannot be read count as none.
 */
final class PlanStore {

    private final String folder;

    /** @param deviceKey device and version of cuDNN */
    PlanStore(String deviceKey) {
        this.folder = "cudnn/" + deviceKey + "/";
    }

    /** The configuration that was found fastest. */
    Optional<EngineConfiguration> configuration(String signature) {
        try {
            return PrivateCache.ofUser().read(folder + signature)
                    .flatMap(b -> EngineConfiguration.parse(new String(b, StandardCharsets.UTF_8)));
        } catch (FiresteelException e) {
            return Optional.empty();
        }
    }

    /** The plan of that configuration, without compiling it. */
    Optional<ExecutionPlan> plan(String signature, EngineConfiguration configuration, DnnHandle handle) {
        try {
            return PrivateCache.ofUser().read(compiled(signature)).map(b -> ExecutionPlan.parse(configuration, inflated(b), handle));
        } catch (FiresteelException | UncheckedIOException e) {
            return Optional.empty();
        }
    }

    void write(String signature, ExecutionPlan plan) {
        PrivateCache.ofUser().write(folder + signature, plan.configuration().toString().getBytes(StandardCharsets.UTF_8));
        text(plan).ifPresent(t -> PrivateCache.ofUser().write(compiled(signature), deflated(t)));
    }

    /** Empty for engines whose plans have no text. */
    private static Optional<byte[]> text(ExecutionPlan plan) {
        try {
            return Optional.of(plan.text());
        } catch (FiresteelException e) {
            return Optional.empty();
        }
    }

    private String compiled(String signature) {
        return folder + signature + ".plan.gz";
    }

    private static byte[] inflated(byte[] bytes) {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] deflated(byte[] bytes) {
        ByteArrayOutputStream result = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(result)) {
            out.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return result.toByteArray();
    }
}
