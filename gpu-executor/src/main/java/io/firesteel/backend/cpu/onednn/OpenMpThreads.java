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

    private OpenMpThreads() {}

    /** Has the calling thread use one, unless the process's environment has every thread begin so; call after oneDNN is loaded. */
    static void useOne() {
        if (!"1".equals(System.getenv("OMP_NUM_THREADS")) && Runtime.SETTER != null) {
            Runtime.SETTER.invokeVoid(new Object[] {1});
        }
    }

    /** Threads the calling thread would use, or 0 where the runtime was not found; call after oneDNN is loaded. */
    static int current() {
        return Runtime.GETTER == null ? 0 : Runtime.GETTER.invokeInt(new Object[0]);
    }

    /** The runtime among the libraries mapped into this process. */
    private static final class Runtime {
        static final Function SETTER;
        static final Function GETTER;

        static {
            List<String> paths = mappedRuntimes();
            NativeLibrary library = paths.isEmpty() ? null : NativeLibrary.getInstance(paths.get(paths.size() - 1));
            SETTER = library == null ? null : library.getFunction("omp_set_num_threads");
            GETTER = library == null ? null : library.getFunction("omp_get_max_threads");
        }
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
