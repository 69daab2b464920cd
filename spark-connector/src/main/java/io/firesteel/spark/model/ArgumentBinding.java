package io.firesteel.spark.model;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.NumericType;

/**
 * How the arguments of one call fill the inputs of its model.
 *
 * <p>As many arguments as the model has inputs bind by position, each an array of numbers, a binary (the row's tensor, raw
 * and little endian) or, for an input of one element, a number. Else, where the model has one input and all arguments are
 * numbers, they form its vector.
 *
 * @param vector whether the arguments are the elements of the one input
 * @param types the Spark type that each argument is read as; where an argument has another type, it is cast
 */
public record ArgumentBinding(boolean vector, List<DataType> types) implements Serializable {

    public ArgumentBinding {
        types = List.copyOf(types);
    }

    /**
     * Binds arguments of the given types.
     *
     * @throws UnsupportedOperationException naming what the model takes and what it was given, where they do not fit
     */
    public static ArgumentBinding bind(ModelSpec model, List<DataType> arguments) {
        List<TensorSpec> inputs = model.inputs();
        if (arguments.size() == inputs.size()) {
            List<DataType> types = new ArrayList<>();
            for (int i = 0; i < inputs.size(); i++) {
                types.add(byPosition(model, inputs.get(i), i, arguments));
            }
            return new ArgumentBinding(false, types);
        }
        if (inputs.size() == 1 && arguments.size() == inputs.get(0).elements()
                && arguments.stream().allMatch(ArgumentBinding::isNumber)) {
            TensorSpec input = inputs.get(0);
            return new ArgumentBinding(true, arguments.stream().map(type -> scalar(model, input, type, arguments)).toList());
        }
        throw mismatch(model, arguments);
    }

    private static DataType byPosition(ModelSpec model, TensorSpec input, int index, List<DataType> arguments) {
        DataType type = arguments.get(index);
        if (type instanceof BinaryType) {
            return type;
        }
        if (type instanceof NullType) {
            return DataTypes.createArrayType(SparkTypes.element(input.type()));
        }
        if (type instanceof ArrayType array) {
            DataType element = array.elementType();
            DataType read = element instanceof NullType ? SparkTypes.element(input.type())
                    : scalar(model, input, element, arguments);
            return read.equals(element) ? type : DataTypes.createArrayType(read, array.containsNull());
        }
        if (input.elements() == 1 && isNumber(type)) {
            return scalar(model, input, type, arguments);
        }
        throw mismatch(model, arguments);
    }

    private static DataType scalar(ModelSpec model, TensorSpec input, DataType type, List<DataType> arguments) {
        boolean floating = type instanceof FloatType || type instanceof DoubleType || type instanceof DecimalType;
        boolean fits = switch (input.type()) {
            case BOOL -> type instanceof BooleanType;
            case FLOAT32, FLOAT16, BFLOAT16, FLOAT64 -> type instanceof NumericType;
            default -> type instanceof NumericType && !floating;
        };
        if (!fits && !(type instanceof NullType)) {
            throw mismatch(model, arguments);
        }
        if (type instanceof NullType) {
            return SparkTypes.element(input.type());
        }
        return type instanceof DecimalType ? DataTypes.DoubleType : type;
    }

    private static boolean isNumber(DataType type) {
        return type instanceof NumericType || type instanceof BooleanType || type instanceof NullType;
    }

    private static UnsupportedOperationException mismatch(ModelSpec model, List<DataType> arguments) {
        String given = arguments.stream().map(DataType::catalogString).collect(Collectors.joining(", ", "(", ")"));
        String takes = IntStream.range(0, model.inputs().size())
                .mapToObj(i -> expected(model.inputs().get(i)))
                .collect(Collectors.joining(", ", "(", ")"));
        String vector = model.inputs().size() == 1 && model.inputs().get(0).elements() > 1
                ? ", or " + model.inputs().get(0).elements() + " numbers" : "";
        return new UnsupportedOperationException("model '" + model.name() + "' takes " + takes + vector + " but was given "
                + given + "; cast the arguments, or pass each as an array or a binary of the little-endian tensor");
    }

    private static String expected(TensorSpec input) {
        String element = SparkTypes.element(input.type()).catalogString();
        return input.name() + " " + (input.isScalar() ? element
                : "array<" + element + "> of " + input.elements() + " (" + input.type() + input.shape() + ")");
    }
}
