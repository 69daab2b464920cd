package io.firesteel.backend.cuda.dnn;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * What a plan computes, as data: operations in order.
 *
 * @param operations each reads memory and results of earlier ones
 */
record DnnGraph(List<GraphOperation> operations) {

    DnnGraph {
        operations = List.copyOf(operations);
    }

    /** All tensors by id, in order of first use. */
    Map<Integer, GraphTensor> tensors() {
        Map<Integer, GraphTensor> result = new LinkedHashMap<>();
        operations.forEach(o -> o.tensors().forEach(t -> result.putIfAbsent(t.id(), t)));
        return result;
    }

    /** The tensors in device memory, in order of first use. */
    List<GraphTensor> memory() {
        return tensors().values().stream().filter(t -> t.role() == GraphTensor.Role.MEMORY).toList();
    }

    /** The scalars in host memory, in order of first use. */
    List<GraphTensor> scalars() {
        return tensors().values().stream().filter(t -> t.role() == GraphTensor.Role.SCALAR).toList();
    }

    /** Equal for graphs that differ in scalars and parameters alone, for which the same engine configurations are right: 32 hexadecimal digits. */
    String signature() {
        StringBuilder text = new StringBuilder();
        for (GraphOperation operation : operations) {
            text.append(operation.getClass().getSimpleName());
            if (operation instanceof GraphOperation.Pointwise pointwise) {
                text.append(pointwise.mode()).append(new TreeSet<>(pointwise.parameters().keySet()));
            } else if (operation instanceof GraphOperation.Convolution convolution) {
                text.append(convolution.window());
            }
            operation.tensors().forEach(t -> text.append(t.role() == GraphTensor.Role.SCALAR ? t.withScalar(0) : t));
        }
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Collects the tensors and operations of a graph. */
    static final class Builder {

        private final List<GraphOperation> operations = new ArrayList<>();
        private int next = 1;

        GraphTensor memory(ElementType type, List<Long> sizes, List<Long> strides) {
            return new GraphTensor(next++, GraphTensor.Role.MEMORY, type, sizes, strides, 0);
        }

        GraphTensor virtual(ElementType type, List<Long> sizes, List<Long> strides) {
            return new GraphTensor(next++, GraphTensor.Role.VIRTUAL, type, sizes, strides, 0);
        }

        GraphTensor scalar(float value, int rank) {
            List<Long> ones = java.util.Collections.nCopies(rank, 1L);
            return new GraphTensor(next++, GraphTensor.Role.SCALAR, ElementType.FLOAT, ones, ones, value);
        }

        void add(GraphOperation operation) {
            operations.add(operation);
        }

        /** The result of the last operation, a pointwise one. */
        GraphTensor last() {
            return ((GraphOperation.Pointwise) operations.get(operations.size() - 1)).result();
        }

        /** Makes the last operation, a pointwise one, write another tensor. */
        void finishInto(GraphTensor output) {
            GraphOperation.Pointwise last = (GraphOperation.Pointwise) operations.remove(operations.size() - 1);
            operations.add(new GraphOperation.Pointwise(last.mode(), last.parameters(), last.operands(), output));
        }

        DnnGraph build() {
            return new DnnGraph(operations);
        }
    }
}
