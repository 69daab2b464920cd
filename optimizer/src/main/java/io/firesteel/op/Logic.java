package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.ValueType;
import java.util.List;
import java.util.Optional;

/** Logic on bool, and on the bits of integers, with their ONNX names; results have the operands' type. */
public final class Logic {

    private Logic() { }

    private static void requireBool(InferenceContext context) {
        if (context.tensor(0).dataType() != DataType.BOOL) {
            throw context.error("operands must be bool, are " + context.inputTypes());
        }
    }

    private static void requireInteger(InferenceContext context) {
        if (!context.tensor(0).dataType().isInteger()) {
            throw context.error("operands must be integers, are " + context.inputTypes());
        }
    }

    private interface LogicalOperator extends BinaryOperator {
        @Override
        default List<ValueType> inferTypes(InferenceContext context) {
            requireBool(context);
            return BinaryOperator.super.inferTypes(context);
        }
    }

    private interface BitwiseOperator extends BinaryOperator {
        @Override
        default List<ValueType> inferTypes(InferenceContext context) {
            requireInteger(context);
            return BinaryOperator.super.inferTypes(context);
        }
    }

    /** Both are true. */
    public record And() implements LogicalOperator {
        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return ShapeArithmetic.binary(context, (a, b) -> a.is(0) || b.is(0) ? ShapeArithmetic.truth(false)
                    : a.is(1) && b.is(1) ? ShapeArithmetic.truth(true) : Optional.empty());
        }
    }

    /** At least one is true. */
    public record Or() implements LogicalOperator {
        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return ShapeArithmetic.binary(context, (a, b) -> a.is(1) || b.is(1) ? ShapeArithmetic.truth(true)
                    : a.is(0) && b.is(0) ? ShapeArithmetic.truth(false) : Optional.empty());
        }
    }

    /** Exactly one is true. */
    public record Xor() implements LogicalOperator { }

    /** The operand is false. */
    public record Not() implements UnaryOperator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            requireBool(context);
            return UnaryOperator.super.inferTypes(context);
        }

        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return ShapeArithmetic.unary(context, d -> d.isConstant() ? ShapeArithmetic.truth(d.is(0)) : Optional.empty());
        }
    }

    /** The bits set in both. */
    public record BitwiseAnd() implements BitwiseOperator { }

    /** The bits set in at least one. */
    public record BitwiseOr() implements BitwiseOperator { }

    /** The bits set in exactly one. */
    public record BitwiseXor() implements BitwiseOperator { }

    /** All bits inverted. */
    public record BitwiseNot() implements UnaryOperator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            requireInteger(context);
            return UnaryOperator.super.inferTypes(context);
        }
    }

    /**
     * Input 0 shifted by input 1 bits; 0 where that is the width of the type or more.
     *
     * @param left the direction
     */
    public record BitShift(boolean left) implements BitwiseOperator { }
}
