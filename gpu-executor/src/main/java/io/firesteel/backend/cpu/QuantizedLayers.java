package io.firesteel.backend.cpu;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.op.Convolution;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.MatMul;
import io.firesteel.op.Operator;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Convolutions and matrix products of bytes, summed exactly in int32, their epilogues in fp32. */
final class QuantizedLayers implements LayerFamily {

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        return Map.of(Quantized.class, QuantizedLayers::offer);
    }

    private static Offer offer(Layer layer, Target target) {
        Quantized op = (Quantized) layer.operator();
        if (!target.int8()) {
            return Offer.none("this processor's instructions for products of bytes saturate; it has no VNNI");
        }
        if (!(op.layer() instanceof EpilogueOperator product)) {
            return allBytes(op) ? QuantizedSum.of(layer, op).map(sum -> offerSum(layer, sum))
                    .orElseGet(() -> Offer.none("the CPU backend has no kernel for quantized " + op.layer().name()))
                    : Offer.none("the CPU backend adds bytes of one scale");
        }
        Optional<String> refusal = refusal(layer, op);
        if (refusal.isPresent()) {
            return Offer.none(refusal.get());
        }
        Optional<Epilogue> epilogue = Epilogue.of(product.epilogue(), layer, EpilogueOperator.EPILOGUE_INPUT, op.inputs());
        if (epilogue.isEmpty()) {
            return Offer.none("the CPU backend has no fused form of this epilogue between quantized tensors");
        }
        if (product instanceof Convolution convolution) {
            return offer(layer, epilogue.get(), new QuantizedConvolution(layer, op, convolution, epilogue.get()), TensorFormat.HWC);
        }
        if (product instanceof MatMul matmul) {
            return QuantizedMatMul.of(layer, op, matmul, epilogue.get())
                    .map(problem -> offer(layer, epilogue.get(), problem, TensorFormat.LINEAR))
                    .orElseGet(() -> Offer.none("the CPU backend multiplies bytes by one constant matrix only"));
        }
        return Offer.none("the CPU backend has no kernel for quantized " + op.layer().name());
    }

    private static boolean allBytes(Quantized op) {
        return Stream.concat(op.inputs().stream(), Stream.of(op.output()))
                .allMatch(p -> p.isPresent() && p.get().isPerTensor() && isByte(p.get().dataType()));
    }

    private static Offer offerSum(Layer layer, Problem sum) {
        List<Tactic> tactics = new ArrayList<>();
        for (TensorFormat format : List.of(TensorFormat.HWC, TensorFormat.LINEAR)) {
            if (format == TensorFormat.LINEAR || layer.output(0).shape().rank() >= 3) {
                TensorLayout[] inputs = {TensorLayout.of(layer.input(0), format), TensorLayout.of(layer.input(1), format)};
                tryProblem(sum, inputs, TensorLayout.of(layer.output(0), format), Set.of()).ifPresent(tactics::add);
            }
        }
        return tactics.isEmpty() ? Offer.none("oneDNN has no fast kernel for this sum of bytes") : Offer.of(tactics);
    }

    private static Optional<Tactic> tryProblem(Problem problem, TensorLayout[] inputs, TensorLayout output, Set<Integer> inPlace) {
        try (Primitive probe = problem.probe(inputs[0], output)) {
            return Optional.of(new RecipeTactic("int8:" + probe.implementation() + ":" + output.format(), inputs,
                    new TensorLayout[] {output}, problem::prepare).inPlace(inPlace));
        } catch (FiresteelException e) {
            if (!e.code().equals("CPU_UNSUPPORTED")) {
                throw e;
            }
            return Optional.empty();
        }
    }

    private static Optional<String> refusal(Layer layer, Quantized op) {
        QuantizationParameters data = op.inputs().get(0).orElseThrow();
        QuantizationParameters weights = op.inputs().get(1).orElseThrow();
        if (layer.constant(1).isEmpty() || layer.isVariable(2)) {
            return Optional.of("the CPU backend needs constant quantized weights and bias");
        }
        if (!isByte(data.dataType()) || !data.isPerTensor() || weights.dataType() != DataType.INT8 || !weights.isSymmetric()) {
            return Optional.of("the CPU backend multiplies bytes of one scale with symmetric signed weights, not "
                    + data.dataType() + " with " + weights.dataType());
        }
        if (op.output().isPresent() && !(isByte(op.output().get().dataType()) && op.output().get().isPerTensor())) {
            return Optional.of("the CPU backend quantizes results to bytes of one scale");
        }
        return Optional.empty();
    }

    private static boolean isByte(DataType type) {
        return type == DataType.INT8 || type == DataType.UINT8;
    }

    /** One product as oneDNN sees it. */
    interface Problem {
        /** The primitive with nothing in place, to see whether there is one. */
        Primitive probe(TensorLayout source, TensorLayout destination);

        Kernel prepare(Operands operands, Constants constants);
    }

    private static Offer offer(Layer layer, Epilogue epilogue, Problem problem, TensorFormat format) {
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        inputs[0] = Target.layout(layer.input(0), format, layer.input(0).dataType());
        for (int input : epilogue.variables()) {
            inputs[input] = epilogue.layout(input, format, DataType.FLOAT32);
        }
        TensorLayout output = Target.layout(layer.output(0), format, layer.output(0).dataType());
        return tryProblem(problem, inputs, output, epilogue.residuals()).map(Offer::of).orElseGet(() ->
                Offer.none("oneDNN has no fast kernel for this quantized " + ((Quantized) layer.operator()).layer().name()));
    }

    /** The arguments of a primitive between quantized tensors, in its order. */
    static List<Stage.Place> places(Layer layer, QuantizedNumbers numbers, long weights, List<Stage.Place> further,
            Constants constants) {
        List<Stage.Place> places = new ArrayList<>(List.of(Stage.Place.input(0), Stage.Place.constant(weights)));
        numbers.bias(layer, constants).ifPresent(address -> places.add(Stage.Place.constant(address)));
        places.add(Stage.Place.output(0));
        places.addAll(further);
        numbers.addresses(layer, constants).forEach(address -> places.add(Stage.Place.constant(address)));
        return places;
    }
}
