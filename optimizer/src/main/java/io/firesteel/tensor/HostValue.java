package io.firesteel.tensor;

import java.util.List;
import java.util.Optional;

/** A value in host memory: a {@link Tensor}, a sequence, or an optional. */
public sealed interface HostValue permits Tensor, HostValue.Sequence, HostValue.Maybe {

    /**
     * A sequence of values of one type.
     *
     * @param elements the elements, in order
     */
    record Sequence(List<HostValue> elements) implements HostValue {
        public Sequence {
            elements = List.copyOf(elements);
        }
    }

    /**
     * An ONNX optional.
     *
     * @param value the value, or empty
     */
    record Maybe(Optional<HostValue> value) implements HostValue { }
}
