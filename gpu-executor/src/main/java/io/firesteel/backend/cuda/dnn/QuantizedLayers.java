package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.cuda.CudaLayerFamily;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.op.Convolution;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Convolutions and matrix products of bytes: sums exact in int32, the epilogue in fp32. */
public final class QuantizedLayers implements CudaLayerFamily {

    @Override
    public Offer offer(Layer layer, CudaContext context) {
        if (!(layer.operator() instanceof Quantized op) || !(op.layer() instanceof EpilogueOperator product)) {
            return CudaLayerFamily.notMine();
        }
        Optional<String> refusal = refusal(layer, op);
        if (refusal.isPresent()) {
            return Offer.none(refusal.get());
        }
        QuantizedNumbers numbers = new QuantizedNumbers(layer, op);
        List<Tactic> tactics = new ArrayList<>();
        List<String> reasons = new ArrayList<>();
        if (product instanceof Convolution convolution) {
            Offer offer = convolution(layer, numbers, convolution, context);
            tactics.addAll(offer.tactics());
            reasons.add(offer.reason());
            IntegerDepthwise.of(numbers).forEach(depthwise -> tactics.add(depthwise.tactic(context)));
        }
        IntegerRows.of(numbers).forEach(rows -> tactics.addAll(rows.tactics(context)));
        reasons.add("products of bytes here have one constant matrix and an epilogue of a residual and simple activations");
        return tactics.isEmpty() ? Offer.none(String.join("; ", reasons)) : Offer.of(tactics);
    }

    private static Optional<String> refusal(Layer layer, Quantized op) {
        QuantizationParameters data = op.inputs().get(0).orElseThrow();
        QuantizationParameters weights = op.inputs().get(1).orElseThrow();
        if (layer.constant(1).isEmpty() || layer.isVariable(EpilogueOperator.BIAS_INPUT)) {
            return Optional.of("products of bytes here need constant weights and bias");
        }
        if (!isByte(data) || weights.dataType() != DataType.INT8 || !weights.isSymmetric()) {
            return Optional.of("bytes of one scale are multiplied with symmetric signed weights, not " + data.dataType() + " with "
                    + weights.dataType());
        }
        boolean others = Stream.concat(op.inputs().stream().skip(EpilogueOperator.EPILOGUE_INPUT), Stream.of(op.output()))
                .flatMap(Optional::stream).allMatch(QuantizedLayers::isByte);
        return others ? Optional.empty() : Optional.of("results and further operands are quantized to bytes of one scale");
    }

    private static boolean isByte(QuantizationParameters parameters) {
        return parameters.isPerTensor() && (parameters.dataType() == DataType.INT8 || parameters.dataType() == DataType.UINT8);
    }

    private static Offer convolution(Layer layer, QuantizedNumbers numbers, Convolution convolution, CudaContext context) {
        boolean symmetric = Stream.concat(numbers.op().inputs().stream().limit(2), Stream.concat(numbers.op().inputs().stream()
                .skip(EpilogueOperator.EPILOGUE_INPUT), Stream.of(numbers.op().output()))).flatMap(Optional::stream)
                .allMatch(p -> p.dataType() == DataType.INT8 && p.isSymmetric());
        if (!symmetric) {
            return Offer.none("cuDNN convolves symmetric signed bytes");
        }
        Window window = new Window(convolution.strides(), convolution.dilations(), convolution.padsBegin(), convolution.padsEnd());
        return ConvolutionLayers.offer(layer, Optional.of(ComputeType.bytes(layer)), context, window, convolution.groups(),
                new Epilogue(numbers, 1), false);
    }
}
