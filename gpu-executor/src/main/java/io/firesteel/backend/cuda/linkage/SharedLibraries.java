package io.firesteel.backend.cuda.linkage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds shared libraries in the folders where CUDA's are installed. */
final class SharedLibraries {

    /**
     * A library that was found.
     *
     * @param name its file name, such as {@code libcublas.so.13}
     * @param major the number at the end of the name
     */
    record Found(Path path, String name, int major) { }

    private static final Pattern TOOLKIT = Pattern.compile("cuda-(\\d+)(?:\\.(\\d+))?");
    private static final List<String> SYSTEM_FOLDERS = List.of("/usr/local/nvidia/lib64", "/usr/local/nvidia/lib",
            "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib/wsl/lib", "/lib/x86_64-linux-gnu", "/lib64", "/usr/lib", "/usr/local/lib");

    private final List<Path> folders;

    SharedLibraries(List<Path> folders) {
        this.folders = List.copyOf(folders);
    }

    /**
     * The folders of this machine: those named by the system property {@code firesteel.cuda.library.path} or the environment
     * variable {@code FIRESTEEL_CUDA_LIBRARY_PATH}, those of {@code LD_LIBRARY_PATH}, toolkits, the newest first, and the loader's.
     */
    static SharedLibraries ofThisMachine() {
        Set<Path> folders = new LinkedHashSet<>();
        addAll(folders, System.getProperty("firesteel.cuda.library.path"));
        addAll(folders, System.getenv("FIRESTEEL_CUDA_LIBRARY_PATH"));
        addAll(folders, System.getenv("LD_LIBRARY_PATH"));
        for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
            if (System.getenv(variable) != null) {
                folders.add(Path.of(System.getenv(variable), "lib64"));
            }
        }
        folders.add(Path.of("/usr/local/cuda/lib64"));
        toolkits().forEach(t -> folders.add(t.resolve("lib64")));
        loaderFolders().forEach(folders::add);
        SYSTEM_FOLDERS.forEach(f -> folders.add(Path.of(f)));
        return new SharedLibraries(folders.stream().filter(Files::isDirectory).toList());
    }

    /**
     * The newest version of a library; of equal ones that in the first folder.
     *
     * @param stem the name up to the number, such as {@code libcublas.so.}
     * @param limit the largest number that can be used
     */
    Optional<Found> newest(String stem, int limit) {
        Pattern pattern = Pattern.compile(Pattern.quote(stem) + "(\\d{1,4})");
        List<Found> all = new ArrayList<>();
        for (Path folder : folders) {
            for (Path path : list(folder)) {
                Matcher matcher = pattern.matcher(path.getFileName().toString());
                if (matcher.matches() && Integer.parseInt(matcher.group(1)) <= limit) {
                    all.add(new Found(path, matcher.group(), Integer.parseInt(matcher.group(1))));
                }
            }
        }
        return all.stream().max(Comparator.comparingInt(Found::major).thenComparing(f -> -folders.indexOf(f.path.getParent())));
    }

    private static void addAll(Set<Path> folders, String list) {
        if (list != null) {
            Stream.of(list.split(":")).filter(s -> !s.isBlank()).map(Path::of).forEach(folders::add);
        }
    }

    private static List<Path> toolkits() {
        Comparator<Path> newest = Comparator.comparingInt(SharedLibraries::toolkitVersion);
        return list(Path.of("/usr/local")).stream().filter(p -> toolkitVersion(p) > 0).sorted(newest.reversed()).toList();
    }

    private static int toolkitVersion(Path folder) {
        Matcher matcher = TOOLKIT.matcher(folder.getFileName().toString());
        return matcher.matches() ? Integer.parseInt(matcher.group(1)) * 100
                + (matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2))) : 0;
    }

    private static List<Path> loaderFolders() {
        List<Path> folders = new ArrayList<>();
        for (Path file : list(Path.of("/etc/ld.so.conf.d"))) {
            try (Stream<String> lines = Files.lines(file)) {
                lines.map(String::strip).filter(l -> l.startsWith("/")).map(Path::of).forEach(folders::add);
            } catch (IOException | UncheckedIOException e) {
                continue;
            }
        }
        return folders;
    }

    private static List<Path> list(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        } catch (IOException e) {
            return List.of();
        }
    }
}
