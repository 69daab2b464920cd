package io.firesteel.onnx;

import io.firesteel.FiresteelException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/** Every ONNX operator that can be imported. */
final class Importers {

    private record Entry(int since, int until, OperatorImporter importer) { }

    private final Map<String, List<Entry>> entries = new HashMap<>();

    /** The importers of the class path and of the thread's context class loader. */
    Importers() {
        Map<String, ImporterFamily> families = new LinkedHashMap<>();
        try {
            for (ClassLoader loader : new ClassLoader[] {Importers.class.getClassLoader(),
                    Thread.currentThread().getContextClassLoader()}) {
                if (loader != null) {
                    ServiceLoader.load(ImporterFamily.class, loader).forEach(f -> families.putIfAbsent(f.getClass().getName(), f));
                }
            }
        } catch (ServiceConfigurationError e) {
            throw new FiresteelException("OPERATOR_LIBRARY_INVALID", FiresteelException.Kind.USER, null,
                    "an operator library cannot be loaded: " + e.getMessage(), e);
        }
        families.values().forEach(f -> f.register((domain, operator, since, until, importer) ->
                entries.computeIfAbsent(key(domain, operator), k -> new ArrayList<>()).add(new Entry(since, until, importer))));
    }

    /** The importer for an operator at a version of its operator set, or empty. */
    Optional<OperatorImporter> find(String domain, String operator, long version) {
        return entries.getOrDefault(key(domain, operator), List.of()).stream()
                .filter(e -> e.since <= version && version <= e.until)
                .map(Entry::importer)
                .findFirst();
    }

    private static String key(String domain, String operator) {
        return (domain.equals("ai.onnx") ? "" : domain) + ":" + operator;
    }
}
