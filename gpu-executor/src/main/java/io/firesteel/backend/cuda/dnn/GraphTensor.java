package io.firesteel.backend.cuda.dnn;

import java.util.List;

/**
 * A tensor of a graph.
 *
 * @param id what tells it from others of the graph, and names it when addresses are given
 * @param role where its elements are
 * @param type element type
 * @param sizes sizes, in the order N, C, spatial... for images and batch..., rows, columns for matrices
 * @param strides distance in elements between neighbours along each axis
 * @param scalar the only element where the role is {@link Role#SCALAR}, else 0
 */
record GraphTensor(int id, Role role, ElementType type, List<Long> sizes, List<Long> strides, float scalar) {

    /** Bytes that addresses and strides of tensors in memory are multiples of. */
    static final int ALIGNMENT = 16;

    /** Where a tensor's elements are. */
    enum Role {
        /** In device memory, at an address aligned to 16 bytes. */
        MEMORY,
        /** Nowhere: between fused operations. */
        VIRTUAL,
        /** In host memory that is read at each execution. */
        SCALAR
    }

    GraphTensor {
        sizes = List.copyOf(sizes);
        strides = List.copyOf(strides);
    }

    /** The same with another only element. */
    GraphTensor withScalar(float value) {
        return new GraphTensor(id, role, type, sizes, strides, value);
    }
}
