package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.CudaLayerFamily;
import io.firesteel.op.Convolution;
import io.firesteel.op.Fused;
import io.firesteel.op.Operator;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.Pooling;
import io.firesteel.op.Quantization;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Quantizing, dequantizing, and pointwise operators between quantized tensors: one pass over memory. */
final class QuantizationKernels implements KernelFamily {

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        return Map.of(Quantization.QuantizeLinear.class, QuantizationKernels::quantize,
                Quantization.DequantizeLinear.class, QuantizationKernels::dequantize, Quantized.class, QuantizationKernels::quantized);
    }

    private static Offer quantize(Layer layer, KernelTarget target) {
        Quantization.QuantizeLinear op = (Quantization.QuantizeLinear) layer.operator();
        DataType from = layer.input(0).dataType();
        if (from == DataType.FLOAT64 || op.precision() == DataType.FLOAT64) {
            return Offer.none("quantizing is generated for fp32 and narrower numbers");
        }
        return linear(layer, target, op.axis(), op.blockSize(), new QuantizedExpression(PointwiseProgram.IDENTITY, List.of(from),
                List.of(false), op.dataType(), op.precision(), op.dataType()));
    }

    private static Offer dequantize(Layer layer, KernelTarget target) {
        Quantization.DequantizeLinear op = (Quantization.DequantizeLinear) layer.operator();
        DataType from = layer.input(0).dataType();
        if (op.dataType() == DataType.FLOAT64) {
            return Offer.none("dequantizing is generated for fp32 and narrower numbers");
        }
        return linear(layer, target, op.axis(), op.blockSize(), new QuantizedExpression(PointwiseProgram.IDENTITY, List.of(from),
                List.of(true), from, DataType.FLOAT32, op.dataType()));
    }

    /** Scale and zero point are operands: one number, or one for each element or block of an axis. */
    private static Offer linear(Layer layer, KernelTarget target, long axis, long blockSize, QuantizedExpression expression) {
        long[] sizes = layer.inputSizes(0);
        int at = layer.input(1).shape().elements() == 1 ? 0 : Sizes.axis(axis, sizes.length);
        if (Sizes.product(sizes) == 0 || blockSize != 0 && sizes[at] % blockSize != 0) {
            return Offer.none("quantization is generated for tensors that are not empty and made of whole blocks");
        }
        List<Tactic> tactics = new ArrayList<>();
        Set<TensorLayout> images = new java.util.LinkedHashSet<>();
        for (TensorFormat format : sizes.length < 3 ? List.of(TensorFormat.LINEAR) : List.of(TensorFormat.LINEAR, TensorFormat.HWC)) {
            images.add(CudaTypes.layout(layer, layer.input(0), format));
            images.add(TensorLayout.of(layer.input(0), format));
        }
        for (TensorLayout image : images) {
            TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
            inputs[0] = image;
            for (int i = 1; i < inputs.length; i++) {
                inputs[i] = layer.hasInput(i) ? TensorLayout.linear(layer.input(i)) : null;
            }
            TensorLayout output = CudaTypes.layout(layer, layer.output(0), image.format());
            tactics.add(target.tactic((expression.result().isFloatingPoint() ? "dequantize:" : "quantize:") + image.dataType().label() + ":"
                    + image.format(), inputs, new TensorLayout[] {output}, (operands, constants) -> KernelSequence.of(
                            linear(layer, at, blockSize, expression, operands, constants)))
                    .precision(CudaTypes.precision(layer)).slices(i -> i == 0, i -> true));
        }
        return Offer.of(tactics);
    }

    private static KernelCall linear(Layer layer, int axis, long blockSize, QuantizedExpression expression, Operands operands,
            Constants constants) {
        TensorLayout in = operands.inputs().get(0);
        TensorLayout out = operands.outputs().get(0);
        TensorLayout scale = operands.inputs().get(1);
        TensorLayout zero = operands.inputs().size() > 2 ? operands.inputs().get(2) : null;
        DataType zeroType = expression.zeroPoint();
        Argument zeros = zero != null ? Argument.input(2)
                : Argument.constant(constants.linear(Tensor.zeros(zeroType, layer.input(1).shape().sizes())));
        long[] along = parameterStrides(scale.sizes(), in.sizes().length, axis);
        AxisWalk walk = AxisWalk.of(split(in.sizes(), axis, blockSize), parted(out.strides(), axis, blockSize, false),
                parted(in.strides(), axis, blockSize, false), parted(along, axis, blockSize, true),
                parted(along, axis, blockSize, true));
        return PointwiseSource.call("quantization", new Widened(expression, scale.dataType()), walk,
                List.of(in.dataType(), scale.dataType(), zeroType), out.dataType(),
                List.of(Argument.output(0), Argument.input(0), Argument.input(1), zeros),
                new boolean[] {out.isSlice(), in.isSlice(), true, true});
    }

    /** The same function with scales of another type in memory. */
    private record Widened(QuantizedExpression expression, DataType scale) implements ElementFunction {
        @Override
        public List<DataType> inputs() {
            return List.of(expression.inputs().get(0), scale, expression.zeroPoint());
        }

        @Override
        public String emit(SourceText text, List<String> names, String prefix) {
            return expression.emit(text, names, prefix);
        }
    }

    /** Strides of a scale along the data's axes: of a vector along its axis only. */
    private static long[] parameterStrides(long[] scale, int rank, int axis) {
        long[] strides = new long[rank];
        if (Sizes.product(scale) == 1) {
            return strides;
        }
        if (scale.length == 1) {
            strides[axis] = 1;
            return strides;
        }
        return Sizes.strides(scale);
    }

    /** Sizes with the axis parted into blocks and the elements of one. */
    private static long[] split(long[] sizes, int axis, long blockSize) {
        if (blockSize == 0) {
            return sizes;
        }
        return insert(sizes, axis, sizes[axis] / blockSize, blockSize);
    }

    private static long[] parted(long[] strides, int axis, long blockSize, boolean perBlock) {
        if (blockSize == 0) {
            return strides;
        }
        return perBlock ? insert(strides, axis, strides[axis], 0) : insert(strides, axis, strides[axis] * blockSize, strides[axis]);
    }

    private static long[] insert(long[] values, int axis, long first, long second) {
        long[] result = new long[values.length + 1];
        System.arraycopy(values, 0, result, 0, axis);
        result[axis] = first;
        result[axis + 1] = second;
        System.arraycopy(values, axis + 1, result, axis + 2, values.length - axis - 1);
        return result;
    }

    private static Offer quantized(Layer layer, KernelTarget target) {
        Quantized op = (Quantized) layer.operator();
        if (op.layer() instanceof Convolution) {
            return DepthwiseKernels.quantized(layer, target).map(Offer::of).orElseGet(CudaLayerFamily::notMine);
        }
        if (op.layer() instanceof Pooling.GlobalAveragePool) {
            return QuantizedPooling.offer(layer, target);
        }
        PointwiseProgram program = op.layer() instanceof Fused.PointwiseChain chain ? chain.program()
                : op.layer() instanceof PointwiseOperator operator
                ? PointwiseExpression.of(operator, Collections.nCopies(operator.arity(), DataType.FLOAT32)).program() : null;
        if (program == null) {
            return CudaLayerFamily.notMine();
        }
        if (!Stream.concat(op.inputs().stream(), Stream.of(op.output())).flatMap(Optional::stream)
                .allMatch(QuantizationParameters::isPerTensor) || layer.output(0).shape().elements() == 0) {
            return Offer.none("pointwise operators are generated between tensors quantized with one scale");
        }
        QuantizedExpression expression = expression(layer, op, program);
        if (!expression.refusal().isEmpty()) {
            return Offer.none(expression.refusal());
        }
        List<Tactic> tactics = new ArrayList<>();
        int rank = layer.output(0).shape().rank();
        for (TensorFormat format : rank < 3 ? List.of(TensorFormat.LINEAR) : List.of(TensorFormat.HWC, TensorFormat.LINEAR)) {
            TensorLayout output = CudaTypes.layout(layer, layer.output(0), format);
            TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
            Set<Integer> inPlace = new HashSet<>();
            for (int i = 0; i < inputs.length; i++) {
                inputs[i] = PointwiseKernels.operand(layer, i, rank, format);
                if (layer.isVariable(i) && inputs[i].equals(output)) {
                    inPlace.add(i);
                }
            }
            tactics.add(target.tactic("integer:" + format, inputs, new TensorLayout[] {output}, (operands, constants) ->
                    KernelSequence.of(pointwise(op, expression, operands, constants))).inPlace(inPlace).slices(i -> true, i -> true));
        }
        return Offer.of(tactics);
    }

    private static QuantizedExpression expression(Layer layer, Quantized op, PointwiseProgram program) {
        List<DataType> types = new ArrayList<>();
        List<Boolean> quantized = new ArrayList<>();
        for (int i = 0; i < layer.inputCount(); i++) {
            types.add(layer.input(i).dataType());
            quantized.add(i < op.inputs().size() && op.inputs().get(i).isPresent());
        }
        return new QuantizedExpression(program, types, quantized, DataType.FLOAT32, DataType.FLOAT32, layer.output(0).dataType());
    }

    private static KernelCall pointwise(Quantized op, QuantizedExpression expression, Operands operands, Constants constants) {
        TensorLayout output = operands.outputs().get(0);
        int rank = output.sizes().length;
        List<long[]> strides = new ArrayList<>(List.of(output.strides()));
        List<DataType> types = new ArrayList<>();
        List<Argument> arguments = new ArrayList<>(List.of(Argument.output(0)));
        List<Boolean> loose = new ArrayList<>(List.of(output.isSlice()));
        for (int i = 0; i < operands.inputs().size(); i++) {
            TensorLayout input = operands.inputs().get(i);
            strides.add(PointwiseSource.broadcastStrides(input, rank));
            types.add(input.dataType());
            arguments.add(Argument.input(i));
            loose.add(input.isSlice());
        }
        List<Float> numbers = new ArrayList<>();
        Stream.concat(op.inputs().stream(), Stream.of(op.output())).flatMap(Optional::stream).forEach(p -> {
            numbers.add(p.scales().get(0));
            numbers.add((float) p.zeroPoint(0));
        });
        Tensor values = Tensor.zeros(DataType.FLOAT32, numbers.size());
        for (int i = 0; i < numbers.size(); i++) {
            values.setDouble(i, numbers.get(i));
        }
        Argument first = Argument.constant(constants.linear(values));
        for (int i = 0; i < numbers.size(); i++) {
            strides.add(new long[rank]);
            types.add(DataType.FLOAT32);
            arguments.add(first.plus((long) i * Float.BYTES));
            loose.add(true);
        }
        boolean[] looseness = new boolean[loose.size()];
        for (int i = 0; i < looseness.length; i++) {
            looseness[i] = loose.get(i);
        }
        return PointwiseSource.call("integer", expression, AxisWalk.of(output.sizes(), strides.toArray(long[][]::new)), types,
                output.dataType(), arguments, looseness);
    }
}
