package io.firesteel.spark.columnar;

import io.firesteel.spark.model.ArgumentBinding;
import io.firesteel.spark.model.ModelSpec;
import io.firesteel.spark.model.TensorSpec;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.LongFunction;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/** The inputs of one batch, gathered row by row or column by column in memory the engine reads. */
public final class InputStaging implements AutoCloseable {

    private final Argument[] arguments;
    private final NativeBuffer[] buffers;
    private final int capacity;
    private int rows;

    /**
     * @param model whose inputs are staged
     * @param binding how its arguments bind
     * @param columns a name for each argument, for errors
     * @param ordinals each argument's place in the rows and batches
     * @param capacity rows of a full batch
     * @param allocator owns the memory
     */
    public InputStaging(ModelSpec model, ArgumentBinding binding, List<String> columns, int[] ordinals, int capacity,
            BufferAllocator allocator) {
        this(model, binding, columns, ordinals, capacity, bytes -> new NativeBuffer(allocator, bytes));
    }

    /** @param memory makes the memory of an input, of so many bytes */
    InputStaging(ModelSpec model, ArgumentBinding binding, List<String> columns, int[] ordinals, int capacity,
            LongFunction<NativeBuffer> memory) {
        List<TensorSpec> inputs = model.inputs();
        this.capacity = capacity;
        this.arguments = new Argument[inputs.size()];
        this.buffers = new NativeBuffer[inputs.size()];
        for (int i = 0; i < inputs.size(); i++) {
            arguments[i] = binding.vector()
                    ? new NumbersArgument(inputs.get(i), columns, ordinals, binding.types())
                    : argument(inputs.get(i), columns.get(i), ordinals[i], binding.types().get(i));
        }
        try {
            for (int i = 0; i < buffers.length; i++) {
                buffers[i] = memory.apply((long) capacity * inputs.get(i).bytes());
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private static Argument argument(TensorSpec input, String column, int ordinal, DataType type) {
        if (type instanceof BinaryType) {
            return new BinaryArgument(input, column, ordinal);
        }
        if (type instanceof ArrayType array) {
            return new ArrayArgument(input, column, ordinal, array.elementType());
        }
        return new NumbersArgument(input, List.of(column), new int[] {ordinal}, List.of(type));
    }

    /** Rows staged. */
    public int rows() {
        return rows;
    }

    /** Rows of a full batch. */
    public int capacity() {
        return capacity;
    }

    /** Forgets the rows staged. */
    public void clear() {
        rows = 0;
    }

    /** Stages selected rows {@code from} to {@code to} of a batch. */
    void append(ColumnarBatch batch, RowSelection selection, int from, int to) {
        for (int i = 0; i < arguments.length; i++) {
            arguments[i].copy(batch, selection, from, to, end(i));
        }
        rows += to - from;
    }

    /** Stages one row, none of whose arguments is null. */
    public void append(InternalRow row) {
        for (int i = 0; i < arguments.length; i++) {
            arguments[i].copy(row, end(i));
        }
        rows++;
    }

    private long end(int input) {
        return buffers[input].address() + (long) rows * arguments[input].input().bytes();
    }

    /** The staged rows of every input, dense, little endian. */
    public ByteBuffer[] buffers() {
        ByteBuffer[] views = new ByteBuffer[buffers.length];
        for (int i = 0; i < buffers.length; i++) {
            views[i] = buffers[i].view(Math.multiplyExact(rows, arguments[i].input().bytes()));
        }
        return views;
    }

    @Override
    public void close() {
        for (NativeBuffer buffer : buffers) {
            if (buffer != null) {
                buffer.close();
            }
        }
    }
}
