package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Operators that choose between elements, with their ONNX names. */
public final class Selection {

    private Selection() { }

    /** {@code condition ? a : b}, all three broadcast; input 0 is the condition (bool). */
    public record Where() implements PointwiseOperator {
        @Override
        public int arity() {
            return 3;
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType a = context.tensor(1);
            if (context.tensor(0).dataType() != DataType.BOOL || a.dataType() != context.tensor(2).dataType()) {
                throw context.error("needs a condition of bool and two values of one element type, has " + context.inputTypes());
            }
            return List.of(Broadcasting.type(context, a.dataType()));
        }

        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            List<List<Dim>> operands = new ArrayList<>();
            int count = 1;
            for (int i = 0; i < 3; i++) {
                Optional<List<Dim>> known = ShapeArithmetic.elements(context, i);
                if (known.isEmpty() || !context.tensor(i).hasRank() || context.shape(i).rank() > 1) {
                    return Optional.empty();
                }
                operands.add(known.get());
                count = known.get().size() == 1 ? count : known.get().size();
            }
            List<Optional<Dim>> result = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Dim condition = element(operands.get(0), i);
                Dim a = element(operands.get(1), i);
                Dim b = element(operands.get(2), i);
                result.add(a.equals(b) ? Optional.of(a)
                        : condition.isConstant() ? Optional.of(condition.is(0) ? b : a) : Optional.empty());
            }
            return ShapeArithmetic.all(result);
        }

        private static Dim element(List<Dim> dims, int index) {
            return dims.get(dims.size() == 1 ? 0 : index);
        }
    }

    /**
     * {@code min(max(x, lower), upper)}. Inputs: 0 x; 1 the lower bound, a scalar, or absent; 2 the upper bound, a scalar, or
     * absent. All have one element type.
     */
    public record Clip() implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            for (int i = 1; i < 3; i++) {
                if (context.hasInput(i) && context.tensor(i).dataType() != context.tensor(0).dataType()) {
                    throw context.error("bounds must have the element type of the data, " + context.tensor(0));
                }
            }
            return List.of(context.tensor(0));
        }
    }
}
