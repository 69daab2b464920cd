package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.Convolutions;
import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.PostOp;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.backend.cpu.onednn.Window;
import io.firesteel.op.Convolution;
import io.firesteel.op.ConvolutionTranspose;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.Quantized;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A convolution or transposed convolution of bytes, channels innermost.
 *
 * @param inResultUnits see {@link QuantizedNumbers}
 * @param source how the data's bytes are read
 */
record QuantizedConvolution(Layer layer, Quantized op, Epilogue epilogue, boolean inResultUnits, ElementType source, Window window, long groups,
        boolean transposed) implements QuantizedLayers.Problem {

    static QuantizedConvolution of(Layer layer, Quantized op, Convolution convolution, Epilogue epilogue, ElementType source) {
        return new QuantizedConvolution(layer, op, QuantizedNumbers.folded(op, epilogue).orElse(epilogue),
                QuantizedNumbers.folded(op, epilogue).isPresent(), source, ConvolutionLayers.window(convolution), convolution.groups(), false);
    }

    /** Empty where scales vary along an axis of the weights other than the output channels'. */
    static Optional<QuantizedLayers.Problem> of(Layer layer, Quantized op, ConvolutionTranspose convolution, Epilogue epilogue,
            ElementType source) {
        var weights = op.inputs().get(1).orElseThrow();
        long[] sizes = layer.inputSizes(1);
        boolean depthwise = sizes[0] == convolution.groups() && sizes[1] == 1;
        if (!weights.isPerTensor() && !(convolution.groups() == 1 && weights.axis() == 1 || depthwise && weights.axis() == 0)) {
            return Optional.empty();
        }
        return Optional.of(new QuantizedConvolution(layer, op, QuantizedNumbers.folded(op, epilogue).orElse(epilogue),
                QuantizedNumbers.folded(op, epilogue).isPresent(), source, ConvolutionLayers.window(convolution),
                convolution.groups(), true));
    }

    /** Scales vary along the output channels: axis 0, of grouped weights axes 0 and 1. */
    private QuantizedNumbers numbers() {
        return new QuantizedNumbers(op, groups == 1 ? 1 : 3, inResultUnits);
    }

    private MemoryDesc weightsView() {
        return ConvolutionLayers.weightsView(ElementType.S8, layer.inputSizes(1), groups, transposed);
    }

    @Override
    public Primitive probe(TensorLayout from, TensorLayout to, int inPlace) {
        return primitive(from, to, epilogue.postOps(TensorFormat.HWC, QuantizedLayers.REAL, inPlace));
    }

    private Primitive primitive(TensorLayout from, TensorLayout to, List<PostOp> postOps) {
        MemoryDesc bias = layer.hasInput(EpilogueOperator.BIAS_INPUT)
                ? MemoryDesc.rowMajor(ElementType.F32, layer.inputSizes(EpilogueOperator.BIAS_INPUT)) : null;
        MemoryDesc weights = MemoryDesc.any(ElementType.S8, weightsView().dims());
        return transposed
                ? Convolutions.transposed(Target.desc(from, source), weights, bias, Target.desc(to), window, postOps, numbers().rescalings())
                : Convolutions.forward(Target.desc(from, source), weights, bias, Target.desc(to), window, postOps, numbers().rescalings());
    }

    @Override
    public Kernel prepare(Operands operands, Constants constants) {
        List<Stage.Place> further = new ArrayList<>();
        Primitive primitive = primitive(operands.inputs().get(0), operands.outputs().get(0),
                epilogue.postOps(operands, constants, further));
        long weights = new PreparedWeights(weightsView(), primitive.desc(1)).of(layer.constant(1).orElseThrow(), constants);
        return new StagedKernel(new PrimitiveStage(primitive,
                QuantizedLayers.places(layer, numbers(), Stage.Place.constant(weights), further, constants)));
    }
}
