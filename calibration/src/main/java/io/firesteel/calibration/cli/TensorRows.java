package io.firesteel.calibration.cli;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.observe.RowObserver;
import io.firesteel.calibration.sample.ContentHash;
import io.firesteel.calibration.sample.Sample;
import io.firesteel.calibration.sample.SmallestHashes;
import io.firesteel.calibration.store.CalibrationFolder;
import io.firesteel.calibration.store.CalibrationRequest;
import io.firesteel.calibration.store.Chunks;
import io.firesteel.calibration.table.CalibrationTable;
import io.firesteel.cli.Npy;
import io.firesteel.engine.Engine;
import io.firesteel.plan.Signature;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Rows held as tensors, one for each input, and the calibration on them in this process: the same as a Spark job would give. */
final class TensorRows {

    private static final double NANOS = 1e9;

    private final Engine engine;
    private final List<Tensor> inputs;
    private final int rows;

    /** @param inputs in the order of the signature, rows along their first axis */
    TensorRows(Engine engine, List<Tensor> inputs) {
        this.engine = engine;
        this.inputs = inputs;
        this.rows = Math.toIntExact(inputs.get(0).byteSize() / engine.inputRowBytes(0));
        for (int i = 0; i < inputs.size(); i++) {
            Signature.Port port = engine.signature().inputs().get(i);
            Tensor tensor = inputs.get(i);
            if (tensor.dataType() != port.tensor().dataType() || tensor.byteSize() != rows * engine.inputRowBytes(i)
                    || !hasRows(tensor, port.tensor().shape())) {
                throw FiresteelException.user("CALIBRATION_DATA", "the file for input " + port + " holds " + tensor.type()
                        + ": give rows of the input's shape and type, for every input equally many");
            }
        }
    }

    /** Whether the dimensions after the first are those of the input, or one for all elements of a row. */
    private boolean hasRows(Tensor tensor, Shape shape) {
        if (tensor.rank() == 2 && tensor.size(0) == rows) {
            return true;
        }
        return tensor.rank() == shape.rank() && IntStream.range(1, shape.rank())
                .allMatch(axis -> !shape.dim(axis).isConstant() || shape.dim(axis).size() == tensor.size(axis));
    }

    /**
     * The tensors in .npy files, {@code FILE} or {@code NAME=FILE}, that were given for the inputs by an option.
     *
     * @throws FiresteelException {@code INPUT_MISSING} where an input has no file, {@code ARGUMENT_UNKNOWN} where a file has no input
     */
    static List<Tensor> files(Signature signature, List<String> data, String option) {
        List<String> files = new ArrayList<>();
        List<String> left = new ArrayList<>(data);
        for (Signature.Port port : signature.inputs()) {
            String prefix = port.name() + "=";
            String given = data.stream().filter(one -> one.startsWith(prefix)).findFirst()
                    .or(() -> signature.inputs().size() == 1 ? Optional.of(data.get(0)) : Optional.empty())
                    .orElseThrow(() -> FiresteelException.user("INPUT_MISSING", "input " + port + " is not given: add " + option + " "
                            + prefix + "FILE.npy"));
            left.remove(given);
            files.add(given.startsWith(prefix) ? given.substring(prefix.length()) : given);
        }
        if (!left.isEmpty()) {
            throw FiresteelException.user("ARGUMENT_UNKNOWN", option + " " + String.join(", ", left) + " is for no input, or for one that"
                    + " has a file: give one file for each of " + signature.inputs());
        }
        return files.stream().map(file -> Npy.read(Path.of(file))).toList();
    }

    /** How many rows there are. */
    int rows() {
        return rows;
    }

    /** The inputs of one row, one after the other, row-major and little endian. */
    byte[] row(int index) {
        long bytes = 0;
        for (int i = 0; i < inputs.size(); i++) {
            bytes += engine.inputRowBytes(i);
        }
        byte[] row = new byte[Math.toIntExact(bytes)];
        int at = 0;
        for (int i = 0; i < inputs.size(); i++) {
            int length = Math.toIntExact(engine.inputRowBytes(i));
            ByteBuffer data = inputs.get(i).buffer();
            data.get(Math.toIntExact(data.position() + (long) index * length), row, at, length);
            at += length;
        }
        return row;
    }

    /** What a calibration gave: the table, and how many chunks there are and were found finished. */
    record Result(CalibrationTable table, int chunks, int reused) { }

    Result calibrate(CalibrationFolder folder, CalibrationRequest request, String device, Consumer<String> progress) {
        SmallestHashes smallest = new SmallestHashes(request.rows());
        Map<ContentHash, Integer> index = new HashMap<>();
        for (int i = 0; i < rows; i++) {
            ContentHash hash = ContentHash.of(row(i));
            smallest.add(hash);
            index.putIfAbsent(hash, i);
        }
        Sample sample = Sample.of(List.of(smallest));
        Chunks chunks = new Chunks(folder, engine.plan().hash(), device, request, sample);
        long start = System.nanoTime();
        int done = 0;
        for (int chunk : chunks.pending()) {
            SortedMap<ContentHash, Integer> wanted = sample.chunks().get(chunk);
            try (RowObserver observer = new RowObserver(engine, request.observe())) {
                wanted.forEach((hash, times) -> observer.add(row(index.get(hash)), times));
                folder.write(chunks.key(chunk), observer.finish());
            }
            done++;
            progress.accept(String.format(Locale.ROOT, "calibrating %s: %d of %d chunks, about %.0f s left", engine.plan().name(),
                    done, chunks.pending().size(), (System.nanoTime() - start) / NANOS / done * (chunks.pending().size() - done)));
        }
        return new Result(chunks.finish(0), chunks.reused() + chunks.pending().size(), chunks.reused());
    }
}
