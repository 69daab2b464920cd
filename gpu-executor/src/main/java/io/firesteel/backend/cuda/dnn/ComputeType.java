package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Layer;
import io.firesteel.backend.cuda.ElementTypes;
import io.firesteel.op.NormalizedConvolution;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * What a layer computes with.
 *
 * @param type element type of its data and weights
 * @param real element type in memory of its operands and results that are real numbers
 * @param precision what that is called
 */
record ComputeType(DataType type, DataType real, Precision precision) {

    /** Empty where the layer's operands are not what cuDNN's graphs here are made of. */
    static Optional<ComputeType> of(Layer layer) {
        int real = layer.operator() instanceof NormalizedConvolution ? 1 : 0;
        return layer.hasInput(real) ? of(layer.input(real).dataType(), layer.precision()) : Optional.empty();
    }

    private static Optional<ComputeType> of(DataType model, Precision precision) {
        return switch (model) {
            case FLOAT16 -> Optional.of(real(DataType.FLOAT16, Precision.FP16));
            case BFLOAT16 -> Optional.of(real(DataType.BFLOAT16, Precision.BF16));
            case FLOAT32 -> Optional.of(real(ElementTypes.inMemory(DataType.FLOAT32, precision), precision));
            default -> Optional.empty();
        };
    }

    private static ComputeType real(DataType type, Precision precision) {
        return new ComputeType(type, type, precision);
    }

    /** Bytes: their products are summed exactly, what follows is computed in fp32. */
    static ComputeType bytes(Layer layer) {
        return new ComputeType(DataType.INT8, ElementTypes.inMemory(DataType.FLOAT32, layer.precision()), Precision.FP32);
    }

    /** The element type in memory of a result or an operand of the epilogue. */
    DataType inMemory(DataType model) {
        return model.isFloatingPoint() ? real : model;
    }

    ElementType element() {
        return ElementType.of(type).orElseThrow();
    }

    /** Elements in 16 bytes: what channel counts should be multiples of. */
    long block() {
        return 16 / type.bytes();
    }

    /** The engines that would not keep the precision. */
    Set<EngineConfiguration.Note> refused() {
        Set<EngineConfiguration.Note> always = Set.of(EngineConfiguration.Note.NONDETERMINISTIC,
                EngineConfiguration.Note.REDUCED_PRECISION_REDUCTION, EngineConfiguration.Note.WINOGRAD,
                EngineConfiguration.Note.WINOGRAD_4X4, EngineConfiguration.Note.WINOGRAD_6X6,
                EngineConfiguration.Note.WINOGRAD_13X13, EngineConfiguration.Note.FFT);
        if (precision != Precision.FP32 || type == DataType.INT8) {
            return always;
        }
        Set<EngineConfiguration.Note> strict = new HashSet<>(always);
        strict.add(EngineConfiguration.Note.TENSOR_CORE);
        strict.add(EngineConfiguration.Note.DOWN_CONVERT_INPUTS);
        return strict;
    }
}
