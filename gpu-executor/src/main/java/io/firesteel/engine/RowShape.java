package io.firesteel.engine;

import io.firesteel.FiresteelException;
import io.firesteel.plan.Signature;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.TensorType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a plan's inputs and outputs divide into rows.
 *
 * @param symbol the batch symbol, or null for a model of fixed size
 * @param fixedRows rows of one run of a model of fixed size; 0 where there is a symbol
 * @param inputBytes bytes of one row of each input
 * @param outputBytes bytes of one row of each output
 * @param problem why rows cannot be told apart, or null
 */
record RowShape(String symbol, int fixedRows, List<Long> inputBytes, List<Long> outputBytes, String problem) {

    static RowShape of(Signature signature, Map<String, Long> sizes) {
        String symbol = signature.batchSymbol().orElse(null);
        Map<String, Long> others = new HashMap<>(sizes);
        others.remove(symbol);
        int fixed = symbol == null ? fixedRows(signature) : 0;
        List<Long> inputs = new ArrayList<>();
        List<Long> outputs = new ArrayList<>();
        for (Signature.Port port : signature.inputs()) {
            Optional<Long> bytes = rowBytes(port, symbol, fixed, others);
            if (bytes.isEmpty()) {
                return problem("input " + port);
            }
            inputs.add(bytes.get());
        }
        for (Signature.Port port : signature.outputs()) {
            Optional<Long> bytes = rowBytes(port, symbol, fixed, others);
            if (bytes.isEmpty()) {
                return problem("output " + port);
            }
            outputs.add(bytes.get());
        }
        return new RowShape(symbol, fixed, List.copyOf(inputs), List.copyOf(outputs), null);
    }

    private static RowShape problem(String what) {
        return new RowShape(null, 0, List.of(), List.of(), what + " is not a tensor with the batch first and its other sizes known");
    }

    /** The first dimension that all inputs and outputs share, else 1: the whole is one row. */
    private static int fixedRows(Signature signature) {
        List<Long> first = new ArrayList<>();
        List<Signature.Port> ports = new ArrayList<>(signature.inputs());
        ports.addAll(signature.outputs());
        for (Signature.Port port : ports) {
            boolean batched = port.type() instanceof TensorType type && type.isStatic() && type.shape().rank() > 0;
            first.add(batched ? ((TensorType) port.type()).shape().dim(0).size() : 1L);
        }
        return first.stream().distinct().count() == 1 && first.get(0) > 0 ? Math.toIntExact(first.get(0)) : 1;
    }

    private static Optional<Long> rowBytes(Signature.Port port, String symbol, int fixed, Map<String, Long> sizes) {
        if (!(port.type() instanceof TensorType declared) || !declared.hasRank()) {
            return Optional.empty();
        }
        TensorType type = declared.withShape(declared.shape().bind(sizes));
        if (symbol == null) {
            return type.isStatic() ? Optional.of(type.byteSize() / fixed) : Optional.empty();
        }
        boolean batched = type.shape().rank() > 0 && symbol.equals(type.shape().dim(0).symbol()) && type.shape().dim(0).offset() == 0
                && type.shape().dims().stream().skip(1).allMatch(Dim::isConstant);
        return batched ? Optional.of(type.withShape(type.shape().bind(Map.of(symbol, 1L))).byteSize()) : Optional.empty();
    }

    /** Refuses buffers that are not direct or hold fewer than {@code count} rows. */
    static void requireBuffers(String kind, int count, ByteBuffer[] buffers, List<Long> rowBytes,
            List<Signature.Port> ports) {
        if (buffers.length != ports.size()) {
            throw FiresteelException.user("INPUT_COUNT", "the model has " + ports.size() + " " + kind + "s, got " + buffers.length);
        }
        for (int i = 0; i < buffers.length; i++) {
            if (!buffers[i].isDirect()) {
                throw FiresteelException.user("BUFFER_NOT_DIRECT", kind + " '" + ports.get(i).name() + "' must be a direct buffer");
            }
            if (buffers[i].remaining() < rowBytes.get(i) * count) {
                throw FiresteelException.user("BUFFER_TOO_SMALL", kind + " " + ports.get(i) + ": " + count + " rows take "
                        + rowBytes.get(i) * count + " bytes, the buffer has " + buffers[i].remaining());
            }
        }
    }

    /** The rows {@code from} to {@code from + taken} of a buffer. */
    static ByteBuffer part(ByteBuffer whole, long rowBytes, int from, int taken) {
        return whole.slice(Math.toIntExact(whole.position() + rowBytes * from), Math.toIntExact(rowBytes * taken));
    }
}
