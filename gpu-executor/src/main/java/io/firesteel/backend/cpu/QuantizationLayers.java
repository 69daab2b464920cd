package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.op.Operator;
import io.firesteel.op.Quantization;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Quantizing fp32 tensors to bytes, and the way back, by constant scales. */
final class QuantizationLayers implements LayerFamily {

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        return Map.of(Quantization.QuantizeLinear.class, (layer, target) -> {
            Quantization.QuantizeLinear op = (Quantization.QuantizeLinear) layer.operator();
            return op.precision() == DataType.FLOAT32 && op.blockSize() == 0
                    ? offer(layer, op.axis(), layer.input(0).dataType(), op.dataType(), true)
                    : Offer.none("the CPU backend quantizes in fp32 and not in blocks");
        }, Quantization.DequantizeLinear.class, (layer, target) -> {
            Quantization.DequantizeLinear op = (Quantization.DequantizeLinear) layer.operator();
            return op.blockSize() == 0 ? offer(layer, op.axis(), op.dataType(), layer.input(0).dataType(), false)
                    : Offer.none("the CPU backend does not dequantize in blocks");
        });
    }

    private static Offer offer(Layer layer, long axis, DataType real, DataType quantized, boolean quantizes) {
        Optional<Tensor> scale = layer.constant(1);
        if (real != DataType.FLOAT32 || quantized != DataType.INT8 && quantized != DataType.UINT8) {
            return Offer.none("the CPU backend quantizes between fp32 and bytes, not " + real + " and " + quantized);
        }
        if (scale.isEmpty() || scale.get().dataType() != DataType.FLOAT32 || layer.isVariable(2)
                || layer.hasInput(2) && layer.constant(2).get().elements() != scale.get().elements()) {
            return Offer.none("the CPU backend quantizes by constant fp32 scales");
        }
        boolean perTensor = scale.get().elements() == 1;
        List<Tactic> tactics = new ArrayList<>();
        for (TensorFormat format : perTensor ? List.of(TensorFormat.LINEAR, TensorFormat.HWC) : List.of(TensorFormat.LINEAR)) {
            if (format == TensorFormat.LINEAR || layer.input(0).shape().rank() >= 3) {
                TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
                inputs[0] = TensorLayout.of(layer.input(0), format);
                tactics.add(new RecipeTactic((quantizes ? "quantize:" : "dequantize:") + format, inputs,
                        new TensorLayout[] {TensorLayout.of(layer.output(0), format)},
                        (operands, constants) -> new StagedKernel(stage(layer, axis, quantized, quantizes, constants))));
            }
        }
        return Offer.of(tactics);
    }

    /** By oneDNN where it is fast, else element by element. */
    private static Stage stage(Layer layer, long axis, DataType quantized, boolean quantizes, Constants constants) {
        long[] sizes = layer.inputSizes(0);
        float[] scales = layer.constant(1).orElseThrow().toFloats();
        int[] zeroPoints = new int[scales.length];
        layer.constant(2).ifPresent(z -> {
            for (int i = 0; i < zeroPoints.length; i++) {
                zeroPoints[i] = (int) z.getLong(i);
            }
        });
        int at = (int) (axis < 0 ? axis + sizes.length : axis);
        long elements = Sizes.product(sizes);
        long run = scales.length == 1 ? elements : Sizes.product(sizes, at + 1, sizes.length);
        if (elements == 0) {
            return new QuantizationStage(elements, run, scales, zeroPoints, quantized == DataType.UINT8, quantizes);
        }
        QuantizationPrimitives primitives = new QuantizationPrimitives(new long[] {elements / run / scales.length, scales.length, run},
                scales, zeroPoints, Target.elementType(quantized).orElseThrow());
        return (quantizes ? primitives.quantizing(constants) : primitives.dequantizing(constants)).orElseGet(() ->
                new QuantizationStage(elements, run, scales, zeroPoints, quantized == DataType.UINT8, quantizes));
    }
}
