package io.firesteel.backend.cpu.onednn;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Sets how many OpenMP threads the calling thread uses, in the very copy of the OpenMP runtime that oneDNN was linked with:
 * a process may hold several, and setting another one's has no effect.
 */
final class OpenMpThreads {

    private static volatile Function setter;
    private static volatile Function getter;

    private OpenMpThreads() {}

    /** Finds the runtime among the libraries mapped into this process; call after oneDNN is loaded. */
    static void load() {
        for (String path : mappedRuntimes()) {
            NativeLibrary library = NativeLibrary.getInstance(path);
            setter = library.getFunction("omp_set_num_threads");
            getter = library.getFunction("omp_get_max_threads");
        }
    }

    static void set(int threads) {
        Function f = setter;
        if (f != null) {
            f.invokeVoid(new Object[] {threads});
        }
    }

    /** Threads the calling thread would use, or 0 where the runtime was not found. */
    static int current() {
        Function f = getter;
        return f == null ? 0 : f.invokeInt(new Object[0]);
    }

    private static List<String> mappedRuntimes() {
        Path maps = Path.of("/proc/self/maps");
        if (!Files.isReadable(maps)) {
            return List.of();
        }
        try (var lines = Files.lines(maps)) {
            return lines.filter(line -> line.contains("libgomp") && line.contains("/"))
                    .map(line -> line.substring(line.indexOf('/')))
                    .distinct()
                    .sorted((a, b) -> Boolean.compare(a.contains("bytedeco"), b.contains("bytedeco")))
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }
}
