package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.List;
import java.util.Optional;

/** Conversions between element types, with their ONNX names. */
public final class Conversions {

    private Conversions() { }

    /**
     * Converts each element: to floating point rounding to nearest even, to integers truncating toward zero and keeping the
     * low bits, to bool by comparing with zero.
     *
     * @param to the element type of the result
     */
    public record Cast(DataType to) implements PointwiseOperator {

        private static final long EXACT_IN_FLOAT = 1L << 24;

        @Override
        public boolean isIdentityOfEqualTypes() {
            return true;
        }

        @Override
        public int arity() {
            return 1;
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(context.tensor(0).withDataType(to));
        }

        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return switch (to) {
                case INT64, INT32 -> ShapeArithmetic.elements(context, 0);
                case FLOAT32, FLOAT64 -> ShapeArithmetic.unary(context, d -> d.isConstant()
                        && Math.abs(d.size()) <= EXACT_IN_FLOAT ? Optional.of(d) : Optional.empty());
                case BOOL -> ShapeArithmetic.unary(context, d -> ShapeArithmetic.equal(d, Dim.of(0))
                        .flatMap(zero -> ShapeArithmetic.truth(!zero)));
                case FLOAT16, BFLOAT16, INT8, INT16, UINT8, UINT16, UINT32, UINT64 -> Optional.empty();
            };
        }
    }

    /**
     * The same bits read as another element type of the same width.
     *
     * @param to the element type of the result
     */
    public record BitCast(DataType to) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType type = context.tensor(0);
            if (type.dataType().bytes() != to.bytes()) {
                throw context.error(type.dataType() + " and " + to + " have different widths");
            }
            return List.of(type.withDataType(to));
        }
    }
}
