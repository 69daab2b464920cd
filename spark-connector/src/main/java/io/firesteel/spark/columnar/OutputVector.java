package io.firesteel.spark.columnar;

import io.firesteel.spark.model.SparkTypes;
import io.firesteel.spark.model.TensorSpec;
import java.nio.ByteBuffer;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.BitVectorHelper;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.util.ArrowUtils;
import org.apache.spark.unsafe.Platform;

/**
 * One output of one batch as a fresh Arrow vector, which the engine writes into where the element types' bits agree.
 *
 * <p>The computed rows' values lie dense. In a list vector that is how they stay, since a null row has no elements; a vector
 * of scalars is spread over the rows at the end.
 */
final class OutputVector implements AutoCloseable {

    private final TensorSpec output;
    private final int elements;
    private final int elementBytes;
    private final FieldVector vector;
    private final BaseFixedWidthVector values;
    private final NativeBuffer unconverted;
    private final boolean bits;
    private boolean finished;

    /**
     * @param output the output
     * @param computed rows that are computed
     * @param allocator owns the memory
     */
    OutputVector(TensorSpec output, int total, int computed, BufferAllocator allocator) {
        this.output = output;
        this.elements = output.elements();
        DataType element = SparkTypes.element(output.type());
        this.bits = element instanceof BooleanType;
        this.elementBytes = Widening.elementBytes(output);
        ArrowType arrowType = ArrowUtils.toArrowType(element, null, false);
        if (output.isScalar()) {
            this.vector = FieldType.nullable(arrowType).createNewSingleVector(output.name(), allocator, null);
            this.values = (BaseFixedWidthVector) vector;
            vector.setInitialCapacity(total);
            vector.allocateNew();
        } else {
            ListVector list = ListVector.empty(output.name(), allocator);
            this.vector = list;
            this.values = (BaseFixedWidthVector) list.addOrGetVector(FieldType.notNullable(arrowType)).getVector();
            list.setInitialCapacity(total);
            values.setInitialCapacity(Math.multiplyExact(computed, elements));
            list.allocateNew();
        }
        boolean staged = bits || Widening.needed(output);
        this.unconverted = staged ? staging(allocator, computed) : null;
    }

    private NativeBuffer staging(BufferAllocator allocator, int computed) {
        try {
            return new NativeBuffer(allocator, (long) computed * output.bytes());
        } catch (RuntimeException e) {
            vector.close();
            throw e;
        }
    }

    /** Where the engine writes computed rows {@code from} to {@code from + rows}. */
    ByteBuffer target(int from, int rows) {
        int bytes = Math.multiplyExact(rows, output.bytes());
        if (unconverted != null) {
            return unconverted.view(from, rows, output.bytes());
        }
        return NativeBuffer.view(values.getDataBuffer(), (long) from * output.bytes(), bytes);
    }

    /** The finished vector: its values converted, spread over the rows and marked as present. */
    FieldVector finish(RowSelection selection) {
        long count = (long) selection.count() * elements;
        if (unconverted != null) {
            if (bits) {
                setBits(count);
            } else {
                Widening.convert(output, unconverted.address(), values.getDataBuffer().memoryAddress(), count);
            }
        }
        if (output.isScalar()) {
            finishScalars(selection);
        } else {
            finishLists((ListVector) vector, selection);
        }
        finished = true;
        close();
        return vector;
    }

    private void setBits(long count) {
        ArrowBuf data = values.getDataBuffer();
        data.setZero(0, BitVectorHelper.getValidityBufferSizeFromCount(Math.toIntExact(count)));
        for (int i = 0; i < count; i++) {
            if (Platform.getByte(null, unconverted.address() + i) != 0) {
                BitVectorHelper.setBit(data, i);
            }
        }
    }

    private void finishScalars(RowSelection selection) {
        int total = selection.total();
        if (selection.isAll()) {
            setAllPresent(vector.getValidityBuffer(), total);
        } else {
            spread(selection);
        }
        vector.setValueCount(total);
    }

    private void spread(RowSelection selection) {
        ArrowBuf data = values.getDataBuffer();
        ArrowBuf validity = vector.getValidityBuffer();
        validity.setZero(0, BitVectorHelper.getValidityBufferSizeFromCount(selection.total()));
        for (int i = selection.count() - 1; i >= 0; i--) {
            int row = selection.index(i);
            if (bits) {
                BitVectorHelper.setValidityBit(data, row, BitVectorHelper.get(data, i));
            } else {
                Platform.copyMemory(null, data.memoryAddress() + (long) i * elementBytes, null,
                        data.memoryAddress() + (long) row * elementBytes, elementBytes);
            }
            BitVectorHelper.setBit(validity, row);
        }
    }

    private void finishLists(ListVector list, RowSelection selection) {
        int total = selection.total();
        ArrowBuf offsets = list.getOffsetBuffer();
        ArrowBuf validity = list.getValidityBuffer();
        validity.setZero(0, BitVectorHelper.getValidityBufferSizeFromCount(total));
        int computed = 0;
        for (int row = 0; row < total; row++) {
            offsets.setInt((long) row * Integer.BYTES, computed * elements);
            if (computed < selection.count() && selection.index(computed) == row) {
                BitVectorHelper.setBit(validity, row);
                computed++;
            }
        }
        offsets.setInt((long) total * Integer.BYTES, computed * elements);
        setAllPresent(values.getValidityBuffer(), computed * elements);
        values.setValueCount(computed * elements);
        list.setLastSet(total - 1);
        list.setValueCount(total);
    }

    private static void setAllPresent(ArrowBuf validity, int count) {
        validity.setOne(0L, (long) BitVectorHelper.getValidityBufferSizeFromCount(count));
    }

    @Override
    public void close() {
        if (unconverted != null) {
            unconverted.close();
        }
        if (!finished) {
            vector.close();
        }
    }
}
