package io.firesteel.tests.architecture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The checked-out modules, in the order of their dependencies. */
final class SourceTree {

    /** Each module may import from itself and from those before it. */
    static final List<String> MODULES = List.of("optimizer", "gpu-executor", "spark-connector", "calibration", "examples");

    private SourceTree() { }

    /** The production sources of a module. */
    static List<Path> sources(String module) {
        Path folder = Path.of(System.getProperty("firesteel.root"), module, "src", "main", "java");
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(f -> f.toString().endsWith(".java")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The production sources of all modules. */
    static List<Path> sources() {
        List<Path> all = new ArrayList<>();
        MODULES.forEach(m -> all.addAll(sources(m)));
        return all;
    }

    /** The module that each package belongs to; fails where two modules share one. */
    static Map<String, String> modulesByPackage() {
        Map<String, String> modules = new TreeMap<>();
        for (String module : MODULES) {
            Path folder = Path.of(System.getProperty("firesteel.root"), module, "src", "main", "java");
            for (Path file : sources(module)) {
                String name = folder.relativize(file.getParent()).toString().replace('/', '.');
                String other = modules.putIfAbsent(name, module);
                if (other != null && !other.equals(module)) {
                    throw new AssertionError("package " + name + " is in " + other + " and in " + module);
                }
            }
        }
        return modules;
    }

    /** The lines of a file. */
    static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
