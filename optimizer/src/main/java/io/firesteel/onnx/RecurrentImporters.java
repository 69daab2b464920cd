package io.firesteel.onnx;

import io.firesteel.op.Recurrent;
import io.firesteel.op.RecurrentActivation;
import io.firesteel.op.RecurrentActivation.Function;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;

/** Importers of RNN, GRU and LSTM. */
public final class RecurrentImporters implements ImporterFamily {

    @Override
    public void register(Registry registry) {
        registry.add("RNN", n -> n.emit(new Recurrent.RNN(form(n, List.of("Tanh"))), n.inputs()));
        registry.add("GRU", n -> n.emit(new Recurrent.GRU(form(n, List.of("Sigmoid", "Tanh")),
                n.flag("linear_before_reset", false)), n.inputs()));
        registry.add("LSTM", n -> n.emit(new Recurrent.LSTM(form(n, List.of("Sigmoid", "Tanh", "Tanh")),
                n.flag("input_forget", false)), n.inputs()));
    }

    private static Recurrent.Form form(OnnxNode n, List<String> defaults) {
        Recurrent.Direction direction = switch (n.string("direction", "forward").toLowerCase(Locale.ROOT)) {
            case "forward" -> Recurrent.Direction.FORWARD;
            case "reverse" -> Recurrent.Direction.REVERSE;
            case "bidirectional" -> Recurrent.Direction.BIDIRECTIONAL;
            default -> throw n.invalid("attribute 'direction' has the unknown value '" + n.string("direction", "") + "'");
        };
        List<String> names = new ArrayList<>(n.strings("activations").orElse(List.of()));
        while (names.size() < defaults.size() * direction.count()) {
            names.add(defaults.get(names.size() % defaults.size()));
        }
        return new Recurrent.Form(direction, activations(n, names), n.real("clip", Float.POSITIVE_INFINITY),
                n.flag("layout", false));
    }

    /**
     * The functions with their parameters. The file's parameters are either one for each function, or one for each function that
     * has such a parameter.
     */
    private static List<RecurrentActivation> activations(OnnxNode n, List<String> names) {
        List<Float> alphas = n.reals("activation_alpha").orElse(List.of());
        List<Float> betas = n.reals("activation_beta").orElse(List.of());
        Iterator<Float> alpha = alphas.iterator();
        Iterator<Float> beta = betas.iterator();
        List<RecurrentActivation> activations = new ArrayList<>();
        for (String name : names) {
            Function function = function(n, name);
            float a = next(alpha, alphas.size() == names.size(), defaultAlpha(function));
            float b = next(beta, betas.size() == names.size(), defaultBeta(function));
            activations.add(new RecurrentActivation(function, a, b));
        }
        return activations;
    }

    /** The next parameter, {@code otherwise} where the file has none; NaN stands for a function without that parameter. */
    private static float next(Iterator<Float> given, boolean oneForEach, float otherwise) {
        boolean used = !Float.isNaN(otherwise);
        float value = (used || oneForEach) && given.hasNext() ? given.next() : otherwise;
        return used ? value : 0;
    }

    private static Function function(OnnxNode n, String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "relu" -> Function.RELU;
            case "tanh" -> Function.TANH;
            case "sigmoid" -> Function.SIGMOID;
            case "affine" -> Function.AFFINE;
            case "leakyrelu" -> Function.LEAKY_RELU;
            case "thresholdedrelu" -> Function.THRESHOLDED_RELU;
            case "scaledtanh" -> Function.SCALED_TANH;
            case "hardsigmoid" -> Function.HARD_SIGMOID;
            case "elu" -> Function.ELU;
            case "softsign" -> Function.SOFTSIGN;
            case "softplus" -> Function.SOFTPLUS;
            default -> throw n.unsupported("activation '" + name + "' is not known");
        };
    }

    private static float defaultAlpha(Function function) {
        return switch (function) {
            case LEAKY_RELU -> 0.01f;
            case HARD_SIGMOID -> 0.2f;
            case AFFINE, THRESHOLDED_RELU, SCALED_TANH, ELU -> 1;
            case RELU, TANH, SIGMOID, SOFTSIGN, SOFTPLUS -> Float.NaN;
        };
    }

    private static float defaultBeta(Function function) {
        return switch (function) {
            case HARD_SIGMOID -> 0.5f;
            case SCALED_TANH -> 1;
            case AFFINE -> 0;
            case LEAKY_RELU, THRESHOLDED_RELU, ELU, RELU, TANH, SIGMOID, SOFTSIGN, SOFTPLUS -> Float.NaN;
        };
    }
}
