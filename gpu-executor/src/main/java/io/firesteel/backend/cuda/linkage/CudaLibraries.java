package io.firesteel.backend.cuda.linkage;

import io.firesteel.FiresteelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** Loads what JCuda needs, at most once a process; nothing is loaded before it is asked for. */
public final class CudaLibraries {

    /** JCuda's published version, whose number its loader looks for in every file name. */
    private static final String VERSION = "12.6.0";
    private static final String PLATFORM = "-linux-x86_64";
    private static final int ANY_MAJOR = 9999;

    /** A library of CUDA that JCuda binds. */
    public enum Library {
        /** The driver. */
        DRIVER("the NVIDIA driver", "libcuda.so.", "1", "JCudaDriver", VERSION, "jcuda.driver.JCudaDriver",
                "install the NVIDIA driver, and in a container start it with GPU access"),
        /** The run-time compiler. */
        NVRTC("CUDA's run-time compiler", "libnvrtc.so.", "12", "JNvrtc", VERSION, "jcuda.nvrtc.JNvrtc",
                "install the CUDA toolkit 12 or 13, or its nvrtc package"),
        /** Matrix products. */
        CUBLAS("cuBLAS", "libcublas.so.", "12", "JCublas2", VERSION, "jcuda.jcublas.JCublas2",
                "install the CUDA toolkit 12 or 13, or its cublas package"),
        /** Convolutions. */
        CUDNN("cuDNN 9", "libcudnn.so.", "8", "JCudnn", "11.7.0", "jcuda.jcudnn.JCudnn", "install cuDNN 9 for your CUDA version");

        private final String title;
        private final String stem;
        private final String builtFor;
        private final String binding;
        private final String published;
        private final String type;
        private final String remedy;

        Library(String title, String stem, String builtFor, String binding, String published, String type, String remedy) {
            this.title = title;
            this.stem = stem;
            this.builtFor = builtFor;
            this.binding = binding;
            this.published = published;
            this.type = type;
            this.remedy = remedy;
        }

        /** What users call it. */
        public String title() {
            return title;
        }

        /** Where JCuda's file for it is among the class path's resources. */
        String resource() {
            return "/lib/lib" + binding + "-" + published + PLATFORM + ".so";
        }

        /** The library that JCuda's file asks for. */
        String builtFor() {
            return stem + builtFor;
        }

        private int oldest() {
            return this == CUDNN ? 9 : Integer.parseInt(builtFor);
        }
    }

    private record State(String problem, SharedLibraries.Found found) { }

    private static final Map<Library, State> LOADED = new EnumMap<>(Library.class);
    private static int limit = ANY_MAJOR;

    private CudaLibraries() { }

    /** Why a library cannot be used, with the remedy, in one line; empty where it is loaded and ready. */
    public static Optional<String> problem(Library library) {
        return Optional.ofNullable(state(library).problem);
    }

    /** The file a library was loaded from; empty where it is not loaded. */
    public static Optional<Path> path(Library library) {
        return Optional.ofNullable(state(library).found).map(SharedLibraries.Found::path);
    }

    /** The full version of a loaded library, as its file's name has it: {@code 13.1.0.3}; empty where it is not loaded. */
    public static Optional<String> version(Library library) {
        return path(library).map(path -> {
            String name = real(path).getFileName().toString();
            return name.startsWith(library.stem) ? name.substring(library.stem.length()) : name;
        });
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path;
        }
    }

    /**
     * Loads a library.
     *
     * @throws FiresteelException of kind DEVICE with the reason and the remedy
     */
    public static void require(Library library) {
        problem(library).ifPresent(reason -> {
            throw FiresteelException.device("CUDA_LIBRARY_MISSING", reason, null);
        });
    }

    /** Keeps from libraries that are newer than the driver can run; to be called before any other than the driver is loaded. */
    public static synchronized void limitToolkit(int major) {
        limit = major;
    }

    private static synchronized State state(Library library) {
        State known = LOADED.get(library);
        if (known == null) {
            known = load(library);
            LOADED.put(library, known);
        }
        return known;
    }

    private static State load(Library library) {
        String system = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        if (!system.equals("Linux amd64")) {
            return new State("CUDA is used on 64-bit x86 Linux, this is " + system, null);
        }
        boolean ofToolkit = library == Library.NVRTC || library == Library.CUBLAS;
        Optional<SharedLibraries.Found> found = SharedLibraries.ofThisMachine().newest(library.stem, ofToolkit ? limit : ANY_MAJOR)
                .filter(f -> f.major() >= library.oldest());
        if (found.isEmpty()) {
            return new State(library.title + " is missing (no " + library.stem + (library == Library.CUDNN ? "9" : library.builtFor)
                    + (ofToolkit ? " or newer" : "") + " was found): " + library.remedy
                    + "; libraries elsewhere are found through -Dfiresteel.cuda.library.path or FIRESTEEL_CUDA_LIBRARY_PATH", null);
        }
        try {
            preload(library, found.get());
            Path adapted = adapted(library, found.get().name(), PrivateCache.ofUser());
            initialize(library, adapted.getParent());
            return new State(null, found.get());
        } catch (FiresteelException e) {
            return new State(e.getMessage(), null);
        } catch (LinkageError | ReflectiveOperationException | IOException e) {
            Throwable cause = e.getCause() != null ? e.getCause() : e;
            String line = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
            return new State(library.title + " (" + found.get().path() + ") cannot be loaded: " + line + "; " + library.remedy, null);
        }
    }

    /** Loads the library by its path, so that it is found by name whatever folders the loader searches. */
    private static void preload(Library library, SharedLibraries.Found found) {
        if (library == Library.CUBLAS) {
            Path light = found.path().resolveSibling("libcublasLt.so." + found.major());
            if (light.toFile().isFile()) {
                System.load(light.toString());
            }
        }
        System.load(found.path().toString());
    }

    /** JCuda's file for a library, depending on the version that the machine has. */
    static Path adapted(Library library, String dependency, PrivateCache cache) throws IOException {
        byte[] image;
        try (InputStream resource = CudaLibraries.class.getResourceAsStream(library.resource())) {
            if (resource == null) {
                throw FiresteelException.device("CUDA_BINDING_MISSING", "JCuda's native library " + library.resource()
                        + " is not on the class path: use the artefact with CUDA", null);
            }
            image = resource.readAllBytes();
        }
        if (!library.builtFor().equals(dependency)) {
            image = ElfImage.of(library.resource(), image).withDependency(library.builtFor(), dependency).bytes();
        }
        return cache.write("native/" + dependency + "/lib" + library.binding + "-" + VERSION + PLATFORM + ".so", image);
    }

    /**
     * Initializes JCuda's class while its loader takes our file for one that it extracted itself: it looks in the folder for
     * temporary files, whose name the JDK's own classes have read long before.
     */
    private static void initialize(Library library, Path folder) throws ReflectiveOperationException {
        String property = "java.io.tmpdir";
        String before = System.getProperty(property);
        System.setProperty(property, folder.toString());
        try {
            Class.forName(library.type, true, CudaLibraries.class.getClassLoader());
        } finally {
            System.setProperty(property, before);
        }
    }
}
