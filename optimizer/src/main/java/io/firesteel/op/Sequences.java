package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Operators on sequences and optionals. Positions may count from the end. A symbol in the element type of a sequence stands
 * for a size that may differ from element to element.
 */
public final class Sequences {

    private Sequences() { }

    /** A sequence of the inputs. */
    public record SequenceConstruct() implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            ValueType element = context.inputType(0);
            for (int i = 1; i < context.inputCount(); i++) {
                element = join(element, context.inputType(i), context);
            }
            return List.of(new ValueType.SequenceType(element));
        }
    }

    /**
     * A sequence without elements.
     *
     * @param dataType the element type of the tensors it could hold
     */
    public record SequenceEmpty(DataType dataType) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(new ValueType.SequenceType(TensorType.ofUnknownRank(dataType)));
        }
    }

    /** The sequence (input 0) with a tensor (input 1) inserted at the position in input 2; at the end where that is absent. */
    public record SequenceInsert() implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(new ValueType.SequenceType(join(sequence(0, context).element(), context.inputType(1), context)));
        }
    }

    /** The sequence (input 0) without the element at the position in input 1; without the last where that is absent. */
    public record SequenceErase() implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(sequence(0, context));
        }
    }

    /** The element of the sequence (input 0) at the position in input 1. */
    public record SequenceAt() implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            ValueType element = sequence(0, context).element();
            if (!(element instanceof TensorType tensor) || !tensor.hasRank()) {
                return List.of(element);
            }
            List<Dim> dims = new ArrayList<>();
            for (int i = 0; i < tensor.shape().rank(); i++) {
                dims.add(tensor.shape().dim(i).isConstant() ? tensor.shape().dim(i) : context.unknownDim("dim" + i));
            }
            return List.of(tensor.withShape(new Shape(dims)));
        }
    }

    /** The number of elements of a sequence, an int64 scalar. */
    public record SequenceLength() implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            sequence(0, context);
            return List.of(new TensorType(DataType.INT64, Shape.SCALAR));
        }
    }

    /**
     * Parts the data (input 0) along one dimension into a sequence. Input 1 is one size for all parts, the last one smaller
     * where need be, or a vector of their sizes; where it is absent, parts have size 1.
     *
     * @param axis the dimension; may count from the end
     * @param keepDims whether parts keep the dimension; always so where sizes are given
     */
    public record SplitToSequence(long axis, boolean keepDims) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (!data.hasRank()) {
                return List.of(new ValueType.SequenceType(data));
            }
            int along = context.axis(axis, data.shape().rank());
            List<Dim> dims = new ArrayList<>(data.shape().dims());
            if (context.hasInput(1)) {
                dims.set(along, context.unknownDim("part"));
            } else if (keepDims) {
                dims.set(along, Dim.of(1));
            } else {
                dims.remove(along);
            }
            return List.of(new ValueType.SequenceType(data.withShape(new Shape(dims))));
        }
    }

    /**
     * Joins the elements of a sequence.
     *
     * @param axis the dimension they are joined along; may count from the end
     * @param newAxis whether the dimension is new
     */
    public record ConcatFromSequence(long axis, boolean newAxis) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            if (!(sequence(0, context).element() instanceof TensorType element)) {
                throw context.error("input 0 must be a sequence of tensors");
            }
            if (!element.hasRank()) {
                return List.of(element);
            }
            List<Dim> dims = new ArrayList<>(element.shape().dims());
            for (int i = 0; i < dims.size(); i++) {
                dims.set(i, dims.get(i).isConstant() ? dims.get(i) : context.unknownDim("dim" + i));
            }
            int along = context.axis(axis, dims.size() + (newAxis ? 1 : 0));
            if (newAxis) {
                dims.add(along, context.unknownDim("count"));
            } else {
                dims.set(along, context.unknownDim("sum"));
            }
            return List.of(element.withShape(new Shape(dims)));
        }
    }

    /** An optional that holds the input. */
    public record OptionalOf() implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(new ValueType.OptionalType(context.inputType(0)));
        }
    }

    /**
     * An optional that holds nothing.
     *
     * @param dataType the element type of what it could hold
     * @param ofSequence whether that is a sequence of tensors rather than a tensor
     */
    public record OptionalEmpty(DataType dataType, boolean ofSequence) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType tensor = TensorType.ofUnknownRank(dataType);
            return List.of(new ValueType.OptionalType(ofSequence ? new ValueType.SequenceType(tensor) : tensor));
        }
    }

    /** What an optional holds; an error where it holds nothing. */
    public record OptionalGetElement() implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(context.inputType(0) instanceof ValueType.OptionalType optional ? optional.element() : context.inputType(0));
        }
    }

    /** Whether an optional holds something, a boolean scalar. */
    public record OptionalHasElement() implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(new TensorType(DataType.BOOL, Shape.SCALAR));
        }
    }

    private static ValueType join(ValueType a, ValueType b, InferenceContext context) {
        Optional<ValueType> joined = TypeJoin.join(a, b, hint -> context.unknownDim("element." + hint));
        return joined.orElseThrow(() -> context.error("elements of one sequence must be of one type, are " + a + " and " + b));
    }

    private static ValueType.SequenceType sequence(int index, InferenceContext context) {
        if (context.inputType(index) instanceof ValueType.SequenceType sequence) {
            return sequence;
        }
        throw context.error("input " + index + " must be a sequence, is " + context.inputType(index));
    }
}
