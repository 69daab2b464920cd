package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Operators that make tensors from sizes, bounds or indices, with their ONNX names. */
public final class Generators {

    private Generators() { }

    /**
     * A tensor of the shape in input 0, an int64 vector, with one value everywhere.
     *
     * @param dataType the element type
     * @param real the value where the type is floating-point
     * @param integer the value of any other type; for uint64, its 64 bits
     */
    public record ConstantOfShape(DataType dataType, double real, long integer) implements Operator {

        private static final int SHAPE_LIMIT = 64;

        /** The operator that repeats the only element of a tensor. */
        public static ConstantOfShape of(Tensor value) {
            boolean isReal = value.dataType().isFloatingPoint();
            return new ConstantOfShape(value.dataType(), isReal ? value.getDouble(0) : 0, isReal ? 0 : value.getLong(0));
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            Optional<List<Dim>> dims = context.shapeValue(0);
            if (dims.isPresent()) {
                dims.get().stream().filter(d -> d.isConstant() && d.size() < 0).findAny().ifPresent(d -> {
                    throw context.error("the shape " + dims.get() + " has a negative dimension");
                });
                return List.of(new TensorType(dataType, new Shape(dims.get())));
            }
            int rank = Dims.length(context, 0);
            return List.of(rank < 0 ? TensorType.ofUnknownRank(dataType) : new TensorType(dataType, Dims.unknown(rank, context)));
        }

        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return dataType.isFloatingPoint() ? Optional.empty() : context.shapeValue(0)
                    .filter(d -> d.isEmpty() || d.size() == 1 && d.get(0).isConstant() && d.get(0).size() <= SHAPE_LIMIT)
                    .map(d -> Collections.nCopies(d.isEmpty() ? 1 : (int) d.get(0).size(), Dim.of(integer)));
        }
    }

    /**
     * Zeros with ones on a diagonal, of the shape of the matrix in input 0.
     *
     * @param dataType the element type
     * @param k the diagonal: 0 the main one, above it positive
     */
    public record EyeLike(DataType dataType, long k) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType type = context.tensor(0);
            if (type.hasRank() && type.shape().rank() != 2) {
                throw context.error("needs a matrix, has " + type);
            }
            return List.of(type.withDataType(dataType));
        }
    }

    /** Numbers from input 0 (inclusive) to input 1 (exclusive) in steps of input 2, all scalars of one type; a vector. */
    public record Range() implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            Broadcasting.requireSameDataType(context);
            return List.of(new TensorType(context.tensor(0).dataType(), Shape.of(length(context))));
        }

        private static Dim length(InferenceContext context) {
            Optional<Tensor> start = context.constant(0);
            Optional<Tensor> limit = context.constant(1);
            Optional<Tensor> delta = context.constant(2);
            if (start.isPresent() && limit.isPresent() && delta.isPresent()) {
                return Dim.of(count(start.get(), limit.get(), delta.get()));
            }
            Optional<List<Dim>> from = context.shapeValue(0);
            Optional<List<Dim>> to = context.shapeValue(1);
            Optional<List<Dim>> step = context.shapeValue(2);
            return from.isPresent() && to.isPresent() && step.isPresent() && step.get().equals(List.of(Dim.of(1)))
                    ? to.get().get(0).minus(from.get().get(0)).filter(d -> ShapeArithmetic.isAtLeast(d, 0))
                            .orElseGet(() -> context.unknownDim("count"))
                    : context.unknownDim("count");
        }

        /** The number of elements; fails on a step of 0. */
        public static long count(Tensor start, Tensor limit, Tensor delta) {
            if (start.dataType().isFloatingPoint()) {
                double count = Math.ceil((limit.getDouble(0) - start.getDouble(0)) / delta.getDouble(0));
                if (Double.isNaN(count) || Double.isInfinite(count)) {
                    throw new IllegalArgumentException("the range has no end");
                }
                return (long) Math.max(0, count);
            }
            long distance = Math.subtractExact(limit.getLong(0), start.getLong(0));
            long step = delta.getLong(0);
            return Math.max(0, -Math.floorDiv(-distance, step));
        }

        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            Dim length = length(context);
            Optional<List<Dim>> start = context.shapeValue(0);
            Optional<List<Dim>> step = context.shapeValue(2);
            if (!length.isConstant() || length.size() > ConstantOfShape.SHAPE_LIMIT || start.isEmpty() || step.isEmpty()) {
                return Optional.empty();
            }
            List<Optional<Dim>> dims = new ArrayList<>();
            for (long i = 0; i < length.size(); i++) {
                Dim index = Dim.of(i);
                dims.add(step.get().get(0).times(index).flatMap(d -> d.plus(start.get().get(0))));
            }
            return ShapeArithmetic.all(dims);
        }
    }

    /**
     * A new axis of {@code depth} elements that marks each index. Inputs: 0 indices, of any number type, -depth to depth - 1,
     * others mark nothing; 1 depth, one element; 2 values [off, on], whose type the result has.
     *
     * @param axis where the axis is in the result; negative counts from the end
     */
    public record OneHot(long axis) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType indices = context.tensor(0);
            DataType type = context.tensor(2).dataType();
            if (!indices.hasRank()) {
                return List.of(TensorType.ofUnknownRank(type));
            }
            List<Dim> dims = new ArrayList<>(indices.shape().dims());
            dims.add(context.axis(axis, dims.size() + 1), ShapeArithmetic.elements(context, 1).filter(d -> d.size() == 1)
                    .map(d -> d.get(0)).orElseGet(() -> context.unknownDim("depth")));
            return List.of(new TensorType(type, new Shape(dims)));
        }
    }
}
