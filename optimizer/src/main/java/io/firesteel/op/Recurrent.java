package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;

/**
 * Recurrent layers with ONNX's weights and equations.
 *
 * <p>Inputs of all: 0 data [steps, batch, features]; 1 W [directions, gates * hidden, features]; 2 R [directions, gates * hidden,
 * hidden]; 3 biases of W and R [directions, 2 * gates * hidden], or absent; 4 INT32 number of steps of each row [batch], or absent
 * where all have all; 5 initial hidden state [directions, batch, hidden], or absent for zeros. Outputs: 0 the hidden state at
 * every step [steps, directions, batch, hidden], zero after a row's last step; 1 the last hidden state [directions, batch, hidden].
 * A batch-first layer has the batch axis of data, output 0 and states in front: [batch, steps, ...] and [batch, directions, hidden].
 */
public final class Recurrent {

    private Recurrent() { }

    /** The order in which steps are taken. */
    public enum Direction {
        /** First to last. */
        FORWARD,
        /** Last to first. */
        REVERSE,
        /** Both, each with weights of its own. */
        BIDIRECTIONAL;

        /** How many sets of weights there are. */
        public int count() {
            return this == BIDIRECTIONAL ? 2 : 1;
        }
    }

    /**
     * What the layers have in common.
     *
     * @param direction the order of steps
     * @param activations the cell's functions, one set for each direction, in ONNX's order
     * @param clip bound on the magnitude of what enters an activation; infinite for none
     * @param batchFirst whether the batch axis comes first
     */
    public record Form(Direction direction, List<RecurrentActivation> activations, float clip, boolean batchFirst) {
        public Form {
            activations = List.copyOf(activations);
        }
    }

    /** What the layers compute alike. */
    private interface Layer extends Contraction {
        @Override
        default double multiplications(List<Shape> inputs, Shape output) {
            Shape data = inputs.get(0);
            return (double) data.dim(0).size() * data.dim(1).size()
                    * (Contraction.product(inputs.get(1).sizes(), 0) + Contraction.product(inputs.get(2).sizes(), 0));
        }
    }

    /** The simple recurrent layer; one gate. */
    public record RNN(Form form) implements Layer {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return infer(form, 1, 1, context);
        }
    }

    /**
     * The gated recurrent unit; gates z, r, h.
     *
     * @param form what all layers have
     * @param linearBeforeReset whether the reset gate applies after the product with R
     */
    public record GRU(Form form, boolean linearBeforeReset) implements Layer {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return infer(form, 3, 2, context);
        }
    }

    /**
     * Long short-term memory; gates i, o, f, c. Inputs also: 6 initial cell state [directions, batch, hidden], or absent for zeros;
     * 7 peephole weights of i, o, f [directions, 3 * hidden], or absent. Outputs also: 2 the last cell state.
     *
     * @param form what all layers have
     * @param inputForget whether the forget gate is 1 - the input gate
     */
    public record LSTM(Form form, boolean inputForget) implements Layer {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            List<ValueType> types = new ArrayList<>(infer(form, 4, 3, context));
            types.add(types.get(1));
            return types;
        }
    }

    private static List<ValueType> infer(Form form, int gates, int functions, InferenceContext context) {
        int directions = form.direction().count();
        if (form.activations().size() != functions * directions) {
            throw context.error(functions * directions + " activations are needed, there are " + form.activations().size());
        }
        TensorType data = context.tensor(0);
        Shape weights = context.shape(1);
        Shape recurrence = context.shape(2);
        require(data.shape(), 3, "data", context);
        require(weights, 3, "W", context);
        require(recurrence, 3, "R", context);
        Dim hidden = recurrence.dim(2);
        if (hidden.isConstant()) {
            for (Shape shape : List.of(weights, recurrence)) {
                if (shape.dim(1).isConstant() && !shape.dim(1).is(gates * hidden.size())
                        || shape.dim(0).isConstant() && !shape.dim(0).is(directions)) {
                    throw context.error("weights must be [" + directions + "," + gates * hidden.size() + ",...], are " + shape);
                }
            }
        }
        Dim features = data.shape().dim(2);
        if (features.isConstant() && weights.dim(2).isConstant() && !features.equals(weights.dim(2))) {
            throw context.error("data has " + features + " features, W is for " + weights.dim(2));
        }
        Dim first = data.shape().dim(0);
        Dim second = data.shape().dim(1);
        Dim count = Dim.of(directions);
        TensorType sequence = data.withShape(form.batchFirst() ? Shape.of(first, second, count, hidden)
                : Shape.of(first, count, second, hidden));
        TensorType state = data.withShape(form.batchFirst() ? Shape.of(first, count, hidden) : Shape.of(count, second, hidden));
        return List.of(sequence, state);
    }

    private static void require(Shape shape, int rank, String what, InferenceContext context) {
        if (shape == null || shape.rank() != rank) {
            throw context.error(what + " must have " + rank + " dimensions, is " + (shape == null ? "of unknown rank" : shape));
        }
    }
}
