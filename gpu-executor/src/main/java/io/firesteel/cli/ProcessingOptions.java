package io.firesteel.cli;

import io.firesteel.FiresteelException;
import io.firesteel.processing.Postprocessing;
import io.firesteel.processing.Preprocessing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Option;

/** The options of {@code build} that declare pre- and post-processing. */
final class ProcessingOptions {

    @Option(names = "--input-type", paramLabel = "INPUT=uint8", description = "Take an input as uint8 instead of floats.")
    private Map<String, String> types = new LinkedHashMap<>();

    @Option(names = "--scale", paramLabel = "INPUT=FACTOR", description = "Multiply the bytes of an input, for example by 0.00392157.")
    private Map<String, Double> scales = new LinkedHashMap<>();

    @Option(names = "--mean", paramLabel = "INPUT=M[,M...]", description = "Subtract after scaling: one number, or one for each channel.")
    private Map<String, String> means = new LinkedHashMap<>();

    @Option(names = "--std", paramLabel = "INPUT=S[,S...]", description = "Divide by: one number, or one for each channel.")
    private Map<String, String> deviations = new LinkedHashMap<>();

    @Option(names = "--layout", paramLabel = "INPUT=nhwc", description = "The bytes of an input come channels last.")
    private Map<String, String> layouts = new LinkedHashMap<>();

    @Option(names = "--softmax", description = "Turn the first output's scores into probabilities.")
    private boolean softmax;

    @Option(names = "--argmax", description = "Give the place of the largest score only.")
    private boolean argmax;

    @Option(names = "--top-k", paramLabel = "K", description = "Give the K largest scores and their places.")
    private Long topK;

    @Option(names = "--labels", paramLabel = "FILE", description = "Names of the classes, one a line, kept in the plan.")
    private Path labels;

    List<Preprocessing> preprocessing() {
        Set<String> inputs = new LinkedHashSet<>(types.keySet());
        for (Map<String, ?> option : List.of(scales, means, deviations, layouts)) {
            inputs.addAll(option.keySet());
        }
        return inputs.stream().map(this::preprocessing).toList();
    }

    private Preprocessing preprocessing(String input) {
        if (!"uint8".equals(types.get(input))) {
            throw FiresteelException.user("PREPROCESSING_INVALID", "pre-processing takes bytes: give --input-type " + input + "=uint8");
        }
        String layout = layouts.getOrDefault(input, "nchw");
        if (!layout.equals("nhwc") && !layout.equals("nchw")) {
            throw FiresteelException.user("PREPROCESSING_INVALID", "--layout " + input + "=" + layout + " is neither nchw nor nhwc");
        }
        return new Preprocessing(input, scales.getOrDefault(input, 1.0), numbers("--mean", input, means.getOrDefault(input, "0")),
                numbers("--std", input, deviations.getOrDefault(input, "1")), layout.equals("nhwc"));
    }

    private static List<Double> numbers(String option, String input, String list) {
        try {
            return Arrays.stream(list.split(",")).map(String::strip).map(Double::valueOf).toList();
        } catch (NumberFormatException e) {
            throw FiresteelException.user("PREPROCESSING_INVALID", option + " " + input + "=" + list + " is not a list of numbers");
        }
    }

    Postprocessing postprocessing() {
        if (argmax && topK != null) {
            throw FiresteelException.user("POSTPROCESSING_INVALID", "give --argmax or --top-k, not both");
        }
        Postprocessing.Selection selection = argmax ? Postprocessing.Selection.ARGMAX
                : topK != null ? Postprocessing.Selection.TOP_K : Postprocessing.Selection.ALL;
        return new Postprocessing(softmax, selection, topK == null ? 0 : topK, labels());
    }

    private List<String> labels() {
        if (labels == null) {
            return List.of();
        }
        try {
            return Files.readAllLines(labels);
        } catch (IOException e) {
            throw FiresteelException.user("LABELS_UNREADABLE", "labels '" + labels + "' cannot be read: " + e.getMessage());
        }
    }
}
