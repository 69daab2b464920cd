package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.CudaKernel;
import io.firesteel.backend.cuda.CudaLayerFamily;
import io.firesteel.backend.cuda.RowCropping;
import io.firesteel.backend.cuda.RowPadding;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.op.MatMul;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Matrix products with their epilogues fused; a constant right operand is kept with its columns contiguous. */
public final class MatMulLayers implements CudaLayerFamily {

    /** Memory traffic that takes as long as one multiplication and addition on tensor cores, and without them. */
    private static final double BYTES_PER_PRODUCT = 0.012;
    private static final double BYTES_PER_FP32_PRODUCT = 0.15;

    private static final int BIAS = 2;
    private static final int GROUP_ARCHITECTURE = 9;
    private static final double MORE = 1.05;

    @Override
    public Offer offer(Layer layer, CudaContext context) {
        if (!(layer.operator() instanceof MatMul op)) {
            return CudaLayerFamily.notMine();
        }
        Epilogue epilogue = new Epilogue(layer, op.epilogue(), MatMul.EPILOGUE_INPUT, layer.output(0).shape().rank() - 1);
        Optional<String> refusal = refusal(layer, op, epilogue);
        if (refusal.isPresent()) {
            return Offer.none(refusal.get());
        }
        Product product = new Product(layer, op, epilogue, ComputeType.of(layer).orElseThrow());
        List<Tactic> tactics = new ArrayList<>(List.of(product.tactic(context)));
        if (layer.isResult(0) && layer.output(0).dataType() != product.compute.type() && product.compute.type().bytes() == 2) {
            tactics.add(product.tactic(context, layer.output(0).dataType()));
        }
        tactics.addAll(product.group(context));
        return Offer.of(tactics);
    }

    private static Optional<String> refusal(Layer layer, MatMul op, Epilogue epilogue) {
        Optional<ComputeType> compute = ComputeType.of(layer);
        if (compute.isEmpty()) {
            return Optional.of("cuDNN does not multiply matrices of " + layer.input(0).dataType());
        }
        if (compute.get().precision() == Precision.FP32) {
            return Optional.of("cuDNN multiplies matrices on tensor cores, which round fp32 operands");
        }
        long[] a = layer.inputSizes(0);
        long[] b = layer.inputSizes(1);
        if (a.length < 2 || b.length < 2 || layer.constant(0).isPresent() || layer.isVariable(2)) {
            return Optional.of("cuDNN products here need matrices, a variable left operand and a constant bias");
        }
        long block = compute.get().block();
        long inner = a[a.length - (op.transposeA() ? 2 : 1)];
        long rows = a[a.length - (op.transposeA() ? 1 : 2)];
        long columns = b[b.length - (op.transposeB() ? 2 : 1)];
        boolean padded = compute.get().type().bytes() == 2 && layer.constant(1).isPresent() && b.length == 2 && !op.transposeA()
                && epilogue.wholeInputs().isEmpty();
        if (!padded && (inner % block != 0 || columns % block != 0 || op.transposeA() && rows % block != 0)) {
            return Optional.of("cuDNN needs matrix sides of a multiple of " + block);
        }
        if (layer.output(0).shape().elements() == 0) {
            return Optional.of("there is nothing to compute");
        }
        long batchA = Sizes.product(a, 0, a.length - 2);
        long batchB = Sizes.product(b, 0, b.length - 2);
        boolean alike = Arrays.equals(a, 0, a.length - 2, b, 0, b.length - 2);
        if (!alike && batchA != 1 && batchB != 1) {
            return Optional.of("cuDNN does not broadcast several batch axes");
        }
        return epilogue.refusal();
    }

    private record Product(Layer layer, MatMul op, Epilogue epilogue, ComputeType compute) {

        private boolean constantB() {
            return layer.constant(1).isPresent() && layer.inputSizes(1).length == 2;
        }

        private TensorLayout linear(int input) {
            return TensorLayout.linear(layer.input(input).withDataType(compute.type()));
        }

        RecipeTactic tactic(CudaContext context) {
            return tactic(context, compute.type());
        }

        /** @param result its element type in memory, that of the operands or fp32 */
        RecipeTactic tactic(CudaContext context, DataType result) {
            TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
            inputs[0] = linear(0);
            if (!constantB()) {
                inputs[1] = linear(1);
            }
            for (int input : epilogue.wholeInputs()) {
                inputs[input] = linear(input);
            }
            TensorLayout output = TensorLayout.linear(layer.output(0).withDataType(result));
            long[] a = layer.inputSizes(0);
            double products = (double) layer.output(0).shape().elements() * a[a.length - (op.transposeA() ? 2 : 1)];
            double bytes = output.bytes() * (1.0 + epilogue.wholeInputs().size()) + linear(0).bytes() + linear(1).bytes();
            String name = "cudnn:matmul" + (result == compute.type() ? "" : ">" + result.label());
            return new RecipeTactic(name, inputs, new TensorLayout[] {output},
                    (operands, constants) -> prepare(context, constants, result)).precision(compute.precision())
                    .cost(bytes + products * (compute.type() == DataType.FLOAT32 ? BYTES_PER_FP32_PRODUCT : BYTES_PER_PRODUCT))
                    .inPlace(result == compute.type() ? epilogue.wholeInputs() : Set.of());
        }

        /** Generated products with a constant matrix, in every shape of tiles. */
        List<Tactic> group(CudaContext context) {
            long[] a = layer.inputSizes(0);
            long[] b = layer.inputSizes(1);
            boolean wide = compute.type().bytes() == 2 && context.device().major() == GROUP_ARCHITECTURE && constantB() && !op.transposeA();
            Optional<String> function = TileConvolution.function(layer, op.epilogue(), MatMul.EPILOGUE_INPUT);
            long inner = a[a.length - 1];
            long columns = b[b.length - (op.transposeB() ? 2 : 1)];
            long rows = layer.output(0).shape().elements() / columns;
            if (!wide || function.isEmpty() || padded(inner) != inner || padded(columns) != columns || rows > Integer.MAX_VALUE) {
                return List.of();
            }
            boolean residual = op.epilogue().inputs() > 1;
            return GroupProduct.Shape.ALL.stream().<Tactic>map(shape -> group(context,
                    new GroupProduct(compute.type(), inner, columns, function.get(), residual, shape), (int) rows)).toList();
        }

        private RecipeTactic group(CudaContext context, GroupProduct product, int rows) {
            RecipeTactic other = tactic(context);
            return new RecipeTactic(product.shape().name(), other.inputs().toArray(TensorLayout[]::new),
                    other.outputs().toArray(TensorLayout[]::new), (operands, constants) -> {
                        WeightForm vector = new WeightForm(DataType.FLOAT32,
                                List.of(WeightForm.Axis.of(product.paddedColumns(), product.columns(), 1)));
                        long bias = layer.constant(BIAS).map(c -> vector.of(c, constants, context)).orElse(0L);
                        long weights = weights(product.inner(), product.columns()).of(constant(), constants, context);
                        CudaFunction compiled = product.compile(context);
                        return new CudaKernel(product.shape().name(), 0, (stream, inputs, outputs, scratch) ->
                                product.bind(compiled, stream, inputs[0], weights, bias,
                                        product.residual() ? inputs[MatMul.EPILOGUE_INPUT] : 0, outputs[0], rows));
                    }).precision(compute.precision()).cost(other.cost() * MORE).inPlace(epilogue.wholeInputs());
        }

        /** The step that an axis of a product whose operands may be padded is a multiple of. */
        private long padded(long size) {
            return compute.type().bytes() == 2 && constantB() && !op.transposeA() ? RowPadding.padded(size) : size;
        }

        Kernel prepare(CudaContext context, Constants constants, DataType result) {
            long[] sizeA = layer.inputSizes(0);
            long[] sizeB = layer.inputSizes(1);
            long innerUsed = sizeA[sizeA.length - (op.transposeA() ? 2 : 1)];
            long columnsUsed = sizeB[sizeB.length - (op.transposeB() ? 2 : 1)];
            long inner = padded(innerUsed);
            long columns = padded(columnsUsed);
            long batchB = Sizes.product(sizeB, 0, sizeB.length - 2);
            boolean joined = batchB == 1 && !op.transposeA();
            long batch = joined ? 1 : layer.output(0).shape().elements()
                    / (columnsUsed * sizeA[sizeA.length - (op.transposeA() ? 1 : 2)]);
            long rows = layer.output(0).shape().elements() / (columnsUsed * batch);
            long batchA = joined ? 1 : Sizes.product(sizeA, 0, sizeA.length - 2);
            DnnGraph.Builder graph = new DnnGraph.Builder();
            GraphTensor a = graph.memory(compute.element(), List.of(batchA, rows, inner),
                    List.of(rows * inner, op.transposeA() ? 1 : inner, op.transposeA() ? rows : 1));
            boolean columnsContiguous = constantB() || op.transposeB();
            GraphTensor b = graph.memory(compute.element(), List.of(batchB, inner, columns),
                    List.of(inner * columns, columnsContiguous ? 1 : columns, columnsContiguous ? inner : 1));
            List<Long> sizes = List.of(batch, rows, columns);
            DataType made = columns == columnsUsed ? result : compute.type();
            GraphTensor y = graph.memory(ElementType.of(made).orElseThrow(), sizes, Dimensions.rowMajor(sizes));
            Map<Integer, GraphTensor> operands = new HashMap<>();
            Map<Integer, PlanKernel.Place> places = new HashMap<>();
            if (epilogue.isEmpty()) {
                graph.add(new GraphOperation.MatrixProduct(a, b, y));
            } else {
                GraphTensor product = graph.virtual(ElementType.FLOAT, sizes, Dimensions.rowMajor(sizes));
                graph.add(new GraphOperation.MatrixProduct(a, b, product));
                for (int input : epilogue.vectorInputs()) {
                    List<Long> vector = List.of(1L, 1L, columns);
                    operands.put(input, graph.memory(ElementType.FLOAT, vector, Dimensions.rowMajor(vector)));
                    places.put(operands.get(input).id(), PlanKernel.Place.constant(
                            new WeightForm(DataType.FLOAT32, List.of(WeightForm.Axis.of(columns, columnsUsed, 1)))
                                    .of(layer.constant(input).orElseThrow(), constants, context)));
                }
                for (int input : epilogue.wholeInputs()) {
                    operands.put(input, graph.memory(compute.element(), sizes, Dimensions.rowMajor(sizes)));
                    places.put(operands.get(input).id(), PlanKernel.Place.input(input));
                }
                epilogue.append(graph, product, y, operands);
            }
            places.put(a.id(), PlanKernel.Place.input(0));
            places.put(b.id(), constantB() ? PlanKernel.Place.constant(weights(innerUsed, columnsUsed).of(constant(), constants, context))
                    : PlanKernel.Place.input(1));
            places.put(y.id(), PlanKernel.Place.output());
            DnnGraph built = graph.build();
            PlanKernel kernel = new PlanKernel(DnnDevice.of(context).plan(built, compute.refused(), constants), built, places);
            if (inner != innerUsed) {
                RowPadding padding = new RowPadding(compute.type(), rows, innerUsed);
                CudaFunction function = padding.compile(context);
                long offset = kernel.keepInScratch(a, padding.bytes());
                kernel.before((stream, inputs, outputs, scratch) -> padding.bind(function, stream, inputs[0], scratch + offset));
            }
            if (columns != columnsUsed) {
                RowCropping cropping = new RowCropping(made, result, rows, columnsUsed);
                CudaFunction function = cropping.compile(context);
                long offset = kernel.keepInScratch(y, cropping.bytes());
                kernel.after((stream, inputs, outputs, scratch) -> cropping.bind(function, stream, scratch + offset, outputs[0]));
            }
            return kernel;
        }

        private Tensor constant() {
            return layer.constant(1).orElseThrow();
        }

        private WeightForm weights(long inner, long columns) {
            return new WeightForm(compute.type(), List.of(WeightForm.Axis.of(padded(columns), columns, op.transposeB() ? inner : 1),
                    WeightForm.Axis.of(padded(inner), inner, op.transposeB() ? 1 : columns)));
        }
    }
}
