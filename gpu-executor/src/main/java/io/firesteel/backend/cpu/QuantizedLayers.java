package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.op.Convolution;
import io.firesteel.op.ConvolutionTranspose;
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
import java.util.function.Supplier;

/**
 * Layers between bytes: convolutions and matrix products, summed exactly in int32, their epilogues in fp32; pointwise operators and
 * pooling.
 */
final class QuantizedLayers implements LayerFamily {

    /** What epilogues compute in. */
    static final DataType REAL = DataType.FLOAT32;

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        return Map.of(Quantized.class, QuantizedLayers::offer);
    }

    private static Offer offer(Layer layer, Target target) {
        Quantized op = (Quantized) layer.operator();
        if (!(op.layer() instanceof EpilogueOperator product)) {
            return QuantizedPointwise.of(layer, op).or(() -> QuantizedPooling.of(layer, op)).map(p -> offerBytes(layer, p))
                    .orElseGet(() -> Offer.none("the CPU backend has no kernel for quantized " + op.layer().name() + " of these operands"));
        }
        Optional<String> refusal = refusal(layer, op);
        if (refusal.isPresent()) {
            return Offer.none(refusal.get());
        }
        ElementType source = sourceType(layer, op.inputs().get(0).orElseThrow());
        if (!target.int8() && !(source == ElementType.U8 && layer.input(0).dataType() == DataType.INT8)) {
            return Offer.none("this processor's instructions for products of bytes saturate, but for those with bytes from 0 to 127; "
                    + "it has no VNNI");
        }
        Optional<Epilogue> epilogue = Epilogue.of(product.epilogue(), layer, EpilogueOperator.EPILOGUE_INPUT, op.inputs());
        if (epilogue.isEmpty()) {
            return Offer.none("the CPU backend has no fused form of this epilogue between quantized tensors");
        }
        return problem(layer, op, product, epilogue.get(), source).map(p -> offer(layer, epilogue.get(), p,
                        product instanceof MatMul ? TensorFormat.LINEAR : TensorFormat.HWC))
                .orElseGet(() -> Offer.none(product instanceof MatMul ? "the CPU backend multiplies rows of bytes by one constant matrix, or matrices of bytes"
                        : "the CPU backend has no kernel for quantized " + op.layer().name() + " with scales along this axis"));
    }

    private static Optional<Problem> problem(Layer layer, Quantized op, EpilogueOperator product, Epilogue epilogue, ElementType source) {
        if (product instanceof Convolution convolution) {
            return Optional.of(QuantizedConvolution.of(layer, op, convolution, epilogue, source));
        }
        return product instanceof ConvolutionTranspose transposed ? QuantizedConvolution.of(layer, op, transposed, epilogue, source)
                : product instanceof MatMul matmul ? QuantizedMatMul.of(layer, op, matmul, epilogue, source) : Optional.empty();
    }

    /**
     * How the data's bytes are given to oneDNN. Signed bytes that are not under 0 are the same as unsigned ones up to 127, whose
     * products with signed weights every processor sums exactly, and those with VNNI faster.
     */
    private static ElementType sourceType(Layer layer, QuantizationParameters data) {
        return data.dataType() == DataType.UINT8 || data.isSymmetric() && layer.isNonNegative(0) ? ElementType.U8 : ElementType.S8;
    }

    private static Offer offerBytes(Layer layer, Problem problem) {
        List<Tactic> tactics = new ArrayList<>();
        for (TensorFormat format : List.of(TensorFormat.HWC, TensorFormat.LINEAR)) {
            if (format == TensorFormat.LINEAR || layer.output(0).shape().rank() >= 3) {
                TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
                for (int i = 0; i < inputs.length; i++) {
                    inputs[i] = layer.isVariable(i) ? TensorLayout.of(layer.input(i),
                            layer.input(i).shape().rank() < 3 ? TensorFormat.LINEAR : format) : null;
                }
                tryProblem(problem, inputs, TensorLayout.of(layer.output(0), format), Set::of).ifPresent(tactics::add);
            }
        }
        return tactics.isEmpty() ? Offer.none("oneDNN has no fast kernel for quantized " + ((Quantized) layer.operator()).layer().name()
                + " of these operands") : Offer.of(tactics);
    }

    private static Optional<Tactic> tryProblem(Problem problem, TensorLayout[] inputs, TensorLayout output,
            Supplier<Set<Integer>> inPlace) {
        return Primitive.implementation(() -> problem.probe(inputs[0], output, Operands.NOT_IN_PLACE))
                .map(implementation -> new RecipeTactic("int8:" + implementation + ":" + output.format(), inputs,
                        new TensorLayout[] {output}, problem::prepare).inPlace(inPlace.get()));
    }

    private static Optional<String> refusal(Layer layer, Quantized op) {
        QuantizationParameters data = op.inputs().get(0).orElseThrow();
        QuantizationParameters weights = op.inputs().get(1).orElseThrow();
        boolean isProductOfTwo = op.layer() instanceof MatMul && layer.isVariable(1) && weights.isPerTensor();
        if (layer.constant(1).isEmpty() && !isProductOfTwo || layer.isVariable(2)) {
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

    /** Whether parameters are given and those of bytes with one scale. */
    static boolean areOfBytes(Optional<QuantizationParameters> parameters) {
        return parameters.isPresent() && parameters.get().isPerTensor() && isByte(parameters.get().dataType());
    }

    /** One layer as oneDNN sees it. */
    interface Problem {
        /** The primitive with input 0 and the result in these layouts, and an input or none in place, to see whether there is one. */
        Primitive probe(TensorLayout from, TensorLayout to, int inPlace);

        Kernel prepare(Operands operands, Constants constants);
    }

    private static Offer offer(Layer layer, Epilogue epilogue, Problem problem, TensorFormat format) {
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        inputs[0] = Target.layout(layer.input(0), format, layer.input(0).dataType());
        if (layer.isVariable(1)) {
            inputs[1] = Target.layout(layer.input(1), format, layer.input(1).dataType());
        }
        for (int input : epilogue.variables()) {
            inputs[input] = epilogue.layout(input, format, REAL);
        }
        TensorLayout output = Target.layout(layer.output(0), format, layer.output(0).dataType());
        return tryProblem(problem, inputs, output, () -> epilogue.residuals(inPlace -> problem.probe(inputs[0], output, inPlace)))
                .map(Offer::of).orElseGet(() -> Offer.none("oneDNN has no fast kernel for this quantized " + ((Quantized) layer.operator()).layer().name()));
    }

    /** The arguments of a primitive between quantized tensors, in its order. */
    static List<Stage.Place> places(Layer layer, QuantizedNumbers numbers, Stage.Place weights, List<Stage.Place> further,
            Constants constants) {
        List<Stage.Place> places = new ArrayList<>(List.of(Stage.Place.input(0), weights));
        numbers.bias(layer, constants).ifPresent(address -> places.add(Stage.Place.constant(address)));
        places.add(Stage.Place.output(0));
        places.addAll(further);
        numbers.addresses(layer, constants).forEach(address -> places.add(Stage.Place.constant(address)));
        return places;
    }
}
