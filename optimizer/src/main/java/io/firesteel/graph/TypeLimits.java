package io.firesteel.graph;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.Optional;

/**
 * What every type in a graph keeps to, whatever file it came from: so many dimensions at most, none of a known negative size,
 * and a product of the known sizes that counts bytes without overflow. Products of sizes in passes and kernels then need no
 * check of their own.
 */
final class TypeLimits {

    private static final int RANK_LIMIT = 64;

    private TypeLimits() { }

    /** What is wrong with a type, or empty. */
    static Optional<String> violation(ValueType type) {
        if (type == null) {
            return Optional.of("its type is not known");
        }
        if (type instanceof ValueType.SequenceType sequence) {
            return violation(sequence.element());
        }
        if (type instanceof ValueType.OptionalType optional) {
            return violation(optional.element());
        }
        return tensorViolation((TensorType) type);
    }

    private static Optional<String> tensorViolation(TensorType type) {
        if (!type.hasRank()) {
            return Optional.empty();
        }
        if (type.shape().rank() > RANK_LIMIT) {
            return Optional.of("a tensor of " + type.shape().rank() + " dimensions, at most " + RANK_LIMIT + " are supported");
        }
        long bytes = Long.BYTES;
        for (Dim dim : type.shape().dims()) {
            if (dim.isConstant() && dim.size() < 0) {
                return Optional.of("a negative dimension in " + type);
            }
            if (dim.isConstant() && dim.size() > 0) {
                if (bytes > Long.MAX_VALUE / dim.size()) {
                    return Optional.of(type + " is larger than can be addressed");
                }
                bytes *= dim.size();
            }
        }
        return Optional.empty();
    }
}
