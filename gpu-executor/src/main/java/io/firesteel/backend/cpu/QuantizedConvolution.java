package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.Convolutions;
import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.PostOp;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.backend.cpu.onednn.Window;
import io.firesteel.op.Convolution;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.Quantized;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;

/** A convolution of bytes, channels innermost. */
record QuantizedConvolution(Layer layer, Quantized op, Convolution convolution, Epilogue epilogue) implements QuantizedLayers.Problem {

    /** Scales vary along the output channels: axis 0, of grouped weights axes 0 and 1. */
    private QuantizedNumbers numbers() {
        return new QuantizedNumbers(op, convolution.groups() == 1 ? 1 : 3);
    }

    private MemoryDesc weightsView() {
        return ConvolutionLayers.weightsView(ElementType.S8, layer.inputSizes(1), convolution.groups(), false);
    }

    @Override
    public Primitive probe(TensorLayout source, TensorLayout destination) {
        return primitive(source, destination, epilogue.postOps(TensorFormat.HWC, DataType.FLOAT32));
    }

    private Primitive primitive(TensorLayout source, TensorLayout destination, List<PostOp> postOps) {
        Window window = new Window(Sizes.of(convolution.strides()), Sizes.of(convolution.dilations()),
                Sizes.of(convolution.padsBegin()), Sizes.of(convolution.padsEnd()));
        MemoryDesc bias = layer.hasInput(EpilogueOperator.BIAS_INPUT)
                ? MemoryDesc.rowMajor(ElementType.F32, layer.inputSizes(EpilogueOperator.BIAS_INPUT)) : null;
        return Convolutions.forward(Target.desc(source), MemoryDesc.any(ElementType.S8, weightsView().dims()), bias,
                Target.desc(destination), window, postOps, numbers().rescalings());
    }

    @Override
    public Kernel prepare(Operands operands, Constants constants) {
        List<Stage.Place> further = new ArrayList<>();
        Primitive primitive = primitive(operands.inputs().get(0), operands.outputs().get(0),
                epilogue.postOps(operands, constants, further));
        long weights = new PreparedWeights(weightsView(), primitive.desc(1)).of(layer.constant(1).orElseThrow(), constants);
        return new StagedKernel(new PrimitiveStage(primitive,
                QuantizedLayers.places(layer, numbers(), weights, further, constants)));
    }
}
