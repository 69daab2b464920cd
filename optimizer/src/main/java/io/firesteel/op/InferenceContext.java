package io.firesteel.op;

import io.firesteel.FiresteelException;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** What type inference of one node may ask. */
public interface InferenceContext {

    /** The number of inputs, absent optional ones in the middle included. */
    int inputCount();

    /** Whether input {@code index} is given. */
    boolean hasInput(int index);

    /** The type of input {@code index}; an error where it is absent. */
    ValueType inputType(int index);

    /** The value of input {@code index} where it is a constant. */
    Optional<Tensor> constant(int index);

    /** The elements of the integer tensor {@code index} as dimensions, where each is known as such; constants included. */
    Optional<List<Dim>> shapeValue(int index);

    /** The number of outputs the node names. */
    int outputCount();

    /** A symbol for a size that depends on data: the same for the same node and hint, different from any other. */
    String freshSymbol(String hint);

    /** An error that names the node. */
    FiresteelException error(String message);

    /** The types of all inputs, none of which may be absent. */
    default List<ValueType> inputTypes() {
        return IntStream.range(0, inputCount()).mapToObj(this::inputType).toList();
    }

    /** The type of input {@code index}, which must be a tensor. */
    default TensorType tensor(int index) {
        if (inputType(index) instanceof TensorType type) {
            return type;
        }
        throw error("input " + index + " must be a tensor, is " + inputType(index));
    }

    /** The shape of input {@code index}, or null where its rank is unknown. */
    default Shape shape(int index) {
        return tensor(index).shape();
    }

    /** A dimension of which nothing is known. */
    default Dim unknownDim(String hint) {
        return Dim.symbol(freshSymbol(hint));
    }

    /** Normalizes an axis that may count from the end. */
    default int axis(long axis, int rank) {
        long normalized = axis < 0 ? axis + rank : axis;
        if (normalized < 0 || normalized >= rank) {
            throw error("axis " + axis + " is out of range for rank " + rank);
        }
        return (int) normalized;
    }
}
