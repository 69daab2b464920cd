package io.firesteel.spark.columnar;

import io.firesteel.spark.model.TensorSpec;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BitVectorHelper;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.spark.sql.vectorized.ArrowColumnVector;

/** The outputs of one batch, on their way into one column: a value or array, or a struct of them for several outputs. */
final class OutputBatch implements AutoCloseable {

    private final OutputVector[] outputs;
    private final RowSelection selection;
    private final BufferAllocator allocator;

    OutputBatch(List<TensorSpec> specs, RowSelection selection, BufferAllocator allocator) {
        this.outputs = new OutputVector[specs.size()];
        this.selection = selection;
        this.allocator = allocator;
        try {
            for (int i = 0; i < outputs.length; i++) {
                outputs[i] = new OutputVector(specs.get(i), selection.total(), selection.count(), allocator);
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Where the engine writes computed rows {@code from} to {@code from + rows}. */
    ByteBuffer[] targets(int from, int rows) {
        ByteBuffer[] targets = new ByteBuffer[outputs.length];
        for (int i = 0; i < outputs.length; i++) {
            targets[i] = outputs[i].target(from, rows);
        }
        return targets;
    }

    /** The column; whoever takes it closes it. */
    ArrowColumnVector finish() {
        if (outputs.length == 1) {
            return new ArrowColumnVector(outputs[0].finish(selection));
        }
        StructVector struct = new StructVector("result", allocator, FieldType.nullable(ArrowType.Struct.INSTANCE), null);
        try {
            for (OutputVector output : outputs) {
                try (FieldVector vector = output.finish(selection)) {
                    FieldVector child = struct.addOrGet(vector.getName(), vector.getField().getFieldType(), FieldVector.class);
                    vector.makeTransferPair(child).transfer();
                }
            }
            struct.setInitialCapacity(selection.total());
            struct.reAlloc();
            for (int i = 0; i < selection.count(); i++) {
                BitVectorHelper.setBit(struct.getValidityBuffer(), selection.index(i));
            }
            struct.setValueCount(selection.total());
            return new ArrowColumnVector(struct);
        } catch (RuntimeException e) {
            struct.close();
            throw e;
        }
    }

    @Override
    public void close() {
        for (OutputVector output : outputs) {
            if (output != null) {
                output.close();
            }
        }
    }
}
