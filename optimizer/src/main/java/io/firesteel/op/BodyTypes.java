package io.firesteel.op;

import io.firesteel.graph.Graph;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The output types of a body for the types its inputs actually have, in terms of the enclosing graph's symbols. */
final class BodyTypes {

    private final Graph body;
    private final InferenceContext context;
    private final Map<String, Optional<Dim>> bound = new HashMap<>();
    private final Set<String> varying = new HashSet<>();

    BodyTypes(Graph body, InferenceContext context) {
        this.body = body;
        this.context = context;
    }

    int inputCount() {
        return body.inputs().size();
    }

    int outputCount() {
        return body.outputs().size();
    }

    ValueType input(int index) {
        return body.type(body.inputs().get(index));
    }

    /** Says that the body's output becomes its input in the next round: a dimension that changes is bound to no size. */
    void carry(int output, int input) {
        if (input(input) instanceof TensorType before && before.hasRank() && raw(output) instanceof TensorType after) {
            for (int i = 0; i < before.shape().rank(); i++) {
                Dim dim = before.shape().dim(i);
                boolean same = after.hasRank() && after.shape().rank() == before.shape().rank() && after.shape().dim(i).equals(dim);
                if (!same && dim.symbol() != null) {
                    varying.add(dim.symbol());
                }
            }
        }
    }

    /** Binds the symbols of an input's type to the dimensions of what is given for it. */
    void bind(int input, ValueType given) {
        ValueType formal = input(input);
        if (formal instanceof TensorType f && given instanceof TensorType g) {
            if (f.dataType() != g.dataType()) {
                throw context.error("input " + input + " of its body is " + f + ", given is " + g);
            }
            if (f.hasRank() && g.hasRank() && f.shape().rank() == g.shape().rank()) {
                for (int i = 0; i < f.shape().rank(); i++) {
                    bind(f.shape().dim(i), g.shape().dim(i));
                }
            }
        } else if (formal instanceof ValueType.SequenceType f && given instanceof ValueType.SequenceType g
                && f.element() instanceof TensorType && g.element() instanceof TensorType) {
            return;
        } else if (!formal.getClass().equals(given.getClass())) {
            throw context.error("input " + input + " of its body is " + formal + ", given is " + given);
        }
    }

    private void bind(Dim formal, Dim given) {
        if (formal.coefficient() == 1 && formal.offset() == 0) {
            Optional<Dim> known = bound.putIfAbsent(formal.symbol(), Optional.of(given));
            if (known != null && known.isPresent() && !known.get().equals(given)) {
                bound.put(formal.symbol(), Optional.empty());
            }
        }
    }

    private ValueType raw(int output) {
        return body.type(body.outputs().get(output).value());
    }

    /** The type of an output. */
    ValueType output(int output) {
        return translated(raw(output));
    }

    private ValueType translated(ValueType type) {
        if (type instanceof TensorType tensor) {
            return tensor.hasRank() ? tensor.withShape(new Shape(tensor.shape().dims().stream().map(this::translated).toList()))
                    : tensor;
        }
        if (type instanceof ValueType.SequenceType sequence) {
            return new ValueType.SequenceType(translated(sequence.element()));
        }
        return new ValueType.OptionalType(translated(((ValueType.OptionalType) type).element()));
    }

    private Dim translated(Dim dim) {
        if (dim.isConstant()) {
            return dim;
        }
        Optional<Dim> size = varying.contains(dim.symbol()) ? Optional.empty()
                : bound.getOrDefault(dim.symbol(), Optional.empty());
        return size.flatMap(s -> s.times(Dim.of(dim.coefficient()))).flatMap(s -> s.plus(Dim.of(dim.offset())))
                .orElseGet(() -> context.unknownDim("body." + dim));
    }

    /** The type of outputs joined along a new dimension. */
    ValueType stacked(int output, int axis, Dim count) {
        if (!(output(output) instanceof TensorType element)) {
            throw context.error("output " + output + " of its body must be a tensor, is " + raw(output));
        }
        if (!element.hasRank()) {
            return element;
        }
        List<Dim> dims = new ArrayList<>(element.shape().dims());
        dims.add(axis < 0 ? axis + dims.size() + 1 : axis, count);
        return element.withShape(new Shape(dims));
    }

    /** The type of a value that is {@code initial} before the first round and an output of the body afterwards. */
    ValueType carried(ValueType initial, int output) {
        return TypeJoin.join(initial, output(output), hint -> context.unknownDim("carried" + output + "." + hint))
                .orElseThrow(() -> context.error("a value carried from round to round is " + initial + " at first and "
                        + raw(output) + " later"));
    }
}
