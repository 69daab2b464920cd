package io.firesteel.calibration.sensitivity;

import io.firesteel.engine.Engine;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Runs rows through an engine in batches and reads what a metric looks at. Not safe for use by several threads. */
public final class Predictor {

    private static final int MOST_ROWS = 32;
    private static final long BATCH_BYTES = 16L << 20;

    private final Engine engine;
    private final ScoredOutputs scored;
    private final int capacity;
    private final ByteBuffer[] inputs;
    private final ByteBuffer[] outputs;
    private final int[] inputBytes;
    private final int[] outputBytes;
    private int staged;

    /** @param scored the outputs to read */
    public Predictor(Engine engine, ScoredOutputs scored) {
        this.engine = engine;
        this.scored = scored;
        inputBytes = new int[engine.signature().inputs().size()];
        outputBytes = new int[engine.signature().outputs().size()];
        long row = 1;
        for (int i = 0; i < inputBytes.length; i++) {
            inputBytes[i] = Math.toIntExact(engine.inputRowBytes(i));
            row += inputBytes[i];
        }
        for (int i = 0; i < outputBytes.length; i++) {
            outputBytes[i] = Math.toIntExact(engine.outputRowBytes(i));
            row += outputBytes[i];
        }
        capacity = (int) Math.max(1, Math.min(MOST_ROWS, BATCH_BYTES / row));
        inputs = buffers(inputBytes);
        outputs = buffers(outputBytes);
    }

    private ByteBuffer[] buffers(int[] rowBytes) {
        ByteBuffer[] buffers = new ByteBuffer[rowBytes.length];
        for (int i = 0; i < buffers.length; i++) {
            buffers[i] = ByteBuffer.allocateDirect(Math.multiplyExact(rowBytes[i], capacity)).order(ByteOrder.LITTLE_ENDIAN);
        }
        return buffers;
    }

    /** Rows of a full batch. */
    public int capacity() {
        return capacity;
    }

    /** Stages a row, its inputs one after the other, row-major and little endian; there must be room in the batch. */
    public void stage(byte[] row) {
        int from = 0;
        for (int i = 0; i < inputs.length; i++) {
            inputs[i].put(staged * inputBytes[i], row, from, inputBytes[i]);
            from += inputBytes[i];
        }
        staged++;
    }

    /** The inputs of row {@code row} of the batch that was staged last. */
    public byte[] inputs(int row) {
        byte[] all = new byte[Arrays.stream(inputBytes).sum()];
        int to = 0;
        for (int i = 0; i < inputs.length; i++) {
            inputs[i].get(row * inputBytes[i], all, to, inputBytes[i]);
            to += inputBytes[i];
        }
        return all;
    }

    /** Computes the rows staged. */
    public List<Prediction> run() {
        engine.run(staged, inputs, outputs);
        List<Prediction> predictions = new ArrayList<>();
        for (int row = 0; row < staged; row++) {
            predictions.add(new Prediction(read(row), scored.ranked()));
        }
        staged = 0;
        return predictions;
    }

    private float[] read(int row) {
        int elements = 0;
        for (int index : scored.indices()) {
            elements += outputBytes[index] / type(index).bytes();
        }
        float[] values = new float[elements];
        int at = 0;
        for (int index : scored.indices()) {
            ByteBuffer data = outputs[index].slice(row * outputBytes[index], outputBytes[index]).order(ByteOrder.LITTLE_ENDIAN);
            int count = outputBytes[index] / type(index).bytes();
            if (type(index) == DataType.FLOAT32) {
                data.asFloatBuffer().get(values, at, count);
            } else {
                Tensor tensor = Tensor.wrap(type(index), new long[] {count}, data);
                for (int i = 0; i < count; i++) {
                    values[at + i] = (float) tensor.getDouble(i);
                }
            }
            at += count;
        }
        return values;
    }

    private DataType type(int output) {
        return engine.signature().outputs().get(output).tensor().dataType();
    }
}
