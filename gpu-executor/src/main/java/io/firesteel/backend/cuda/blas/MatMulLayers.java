package io.firesteel.backend.cuda.blas;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.CudaLayerFamily;
import io.firesteel.backend.cuda.ElementTypes;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.kernel.FusedPointwise;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.MatMul;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.PointwiseProgram.Instruction;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Matrix products; bias and epilogue follow in one generated kernel. Sums are kept in fp32. */
public final class MatMulLayers implements CudaLayerFamily {

    private static final Set<DataType> TYPES = Set.of(DataType.FLOAT32, DataType.FLOAT16, DataType.BFLOAT16, DataType.FLOAT64);
    private static final int BIAS = 2;
    private static final int MOST_LAUNCHES = 64;

    /** Found through {@link java.util.ServiceLoader}. */
    public MatMulLayers() { }

    @Override
    public Offer offer(Layer layer, CudaContext context) {
        if (!(layer.operator() instanceof MatMul op)) {
            return CudaLayerFamily.notMine();
        }
        DataType model = layer.input(0).dataType();
        if (!TYPES.contains(model)) {
            return Offer.none("cuBLAS multiplies floating-point matrices, not " + model);
        }
        if (layer.input(0).shape().elements() == 0 || layer.input(1).shape().elements() == 0) {
            return Offer.none("an operand is empty");
        }
        if (layer.output(0).dataType() != model) {
            return Offer.none("the product is kept in the memory of the result, which has another element type");
        }
        BatchedProduct product = BatchedProduct.of(layer);
        if (Math.max(product.rows(), Math.max(product.columns(), product.inner())) > Integer.MAX_VALUE
                || product.starts().size() > MOST_LAUNCHES) {
            return Offer.none("cuBLAS would need too many launches for these batch dimensions");
        }
        Epilogue epilogue = Epilogue.of(layer, op.epilogue());
        String refusal = FusedPointwise.refusal(epilogue.program, epilogue.types);
        return refusal.isEmpty() ? Offer.of(tactic(layer, context, product, epilogue)) : Offer.none(refusal);
    }

    private static RecipeTactic tactic(Layer layer, CudaContext context, BatchedProduct product, Epilogue epilogue) {
        Precision precision = layer.precision();
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        double bytes = 0;
        for (int i = 0; i < inputs.length; i++) {
            if (layer.hasInput(i)) {
                inputs[i] = i >= BIAS && layer.constant(i).isPresent() ? TensorLayout.linear(layer.input(i))
                        : ElementTypes.layout(layer.input(i), TensorFormat.LINEAR, precision);
                bytes += inputs[i].bytes();
            }
        }
        DataType type = inputs[0].dataType();
        TensorLayout output = TensorLayout.of(layer.output(0).withDataType(
                ElementTypes.inMemory(layer.output(0).dataType(), precision)), TensorFormat.LINEAR);
        return new RecipeTactic("cublas", inputs, new TensorLayout[] {output}, (operands, constants) ->
                kernel(context, product, type, precision, epilogue, operands, constants))
                .precision(type == DataType.FLOAT32 && precision != Precision.FP32 ? Precision.TF32
                        : type == DataType.FLOAT16 ? Precision.FP16 : type == DataType.BFLOAT16 ? Precision.BF16 : Precision.FP32)
                .cost(bytes + output.bytes() * (epilogue.program.isIdentity() ? 1 : 3));
    }

    private static Kernel kernel(CudaContext context, BatchedProduct product, DataType type, Precision precision, Epilogue epilogue,
            Operands operands, Constants constants) {
        Kernel following = null;
        if (!epilogue.program.isIdentity()) {
            TensorLayout output = operands.outputs().get(0);
            List<TensorLayout> layouts = new ArrayList<>(List.of(output.withDataType(type)));
            epilogue.inputs.forEach(i -> layouts.add(operands.inputs().get(i)));
            following = FusedPointwise.kernel(context, epilogue.program, epilogue.types, layouts, output);
        }
        return new MatMulKernel(product, type, precision, following, epilogue.inputs);
    }

    /**
     * What follows the product, the bias among it.
     *
     * @param program input 0 is the product
     * @param types of the program's inputs in the model
     * @param inputs the layer's inputs that are the program's inputs 1 and on
     */
    private record Epilogue(PointwiseProgram program, List<DataType> types, List<Integer> inputs) {

        static Epilogue of(Layer layer, PointwiseProgram epilogue) {
            boolean biased = layer.hasInput(BIAS);
            List<Integer> inputs = new ArrayList<>();
            List<DataType> types = new ArrayList<>(List.of(layer.input(0).dataType()));
            if (biased) {
                inputs.add(BIAS);
                types.add(layer.input(BIAS).dataType());
            }
            for (int i = 1; i < epilogue.inputs(); i++) {
                inputs.add(MatMul.EPILOGUE_INPUT + i - 1);
                types.add(layer.input(MatMul.EPILOGUE_INPUT + i - 1).dataType());
            }
            if (!biased) {
                return new Epilogue(epilogue, types, inputs);
            }
            int before = epilogue.inputs();
            List<Instruction> instructions = new ArrayList<>(List.of(new Instruction(new Arithmetic.Add(), List.of(0, 1))));
            for (Instruction instruction : epilogue.instructions()) {
                instructions.add(new Instruction(instruction.operator(), instruction.operands().stream()
                        .map(o -> o == 0 ? before + 1 : o < before ? o + 1 : o + 2).toList()));
            }
            return new Epilogue(new PointwiseProgram(before + 1, instructions), types, inputs);
        }
    }
}
