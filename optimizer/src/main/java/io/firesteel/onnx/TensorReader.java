package io.firesteel.onnx;

import com.google.protobuf.ByteString;
import io.firesteel.FiresteelException;
import io.firesteel.onnx.proto.StringStringEntryProto;
import io.firesteel.onnx.proto.TensorProto;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.LongFunction;

/** Reads ONNX tensors, raw, typed or in external files, checking every length before memory is taken. */
public final class TensorReader {

    private static final long SEGMENT = 1L << 30;

    private final Path directory;
    private final Path linkTarget;

    /**
     * @param directory where external data lives, or null where none may be read; nothing outside it is read, links that lead
     *         out of it included
     */
    public TensorReader(Path directory) {
        this(directory, directory);
    }

    /**
     * For a model file that may itself be a link: download caches keep model and data in one folder and link to both.
     *
     * @param linkTarget the folder where the model file really is; links may lead there too
     */
    TensorReader(Path directory, Path linkTarget) {
        this.directory = directory;
        this.linkTarget = linkTarget;
    }

    /**
     * The tensor of a message.
     *
     * @throws FiresteelException {@code MODEL_UNSUPPORTED} for an element type Firesteel does not carry, {@code MODEL_INVALID}
     *         where data and shape do not fit together
     */
    public Tensor read(TensorProto proto) {
        DataType type = OnnxTypes.dataType(proto.getDataType()).orElseThrow(() -> FiresteelException.user("MODEL_UNSUPPORTED",
                "tensor '" + proto.getName() + "' has element type " + OnnxTypes.name(proto.getDataType()) + ", which is not supported"));
        long[] sizes = proto.getDimsList().stream().mapToLong(Long::longValue).toArray();
        long elements = elements(proto, sizes, type);
        if (proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
            return external(proto, type, sizes, elements * type.bytes());
        }
        if (proto.hasRawData()) {
            ByteString raw = proto.getRawData();
            if (raw.size() != elements * type.bytes()) {
                throw error(proto, "has " + raw.size() + " bytes of data, its shape " + Shape.of(sizes) + " needs "
                        + elements * type.bytes());
            }
            return Tensor.wrap(type, sizes, raw.asReadOnlyByteBuffer());
        }
        return typed(proto, type, sizes, elements);
    }

    private static long elements(TensorProto proto, long[] sizes, DataType type) {
        long elements = 1;
        try {
            for (long size : sizes) {
                if (size < 0) {
                    throw error(proto, "has a negative dimension");
                }
                elements = Math.multiplyExact(elements, size);
            }
            Math.multiplyExact(elements, type.bytes());
            return elements;
        } catch (ArithmeticException e) {
            throw error(proto, "is larger than can be addressed: dimensions " + Shape.of(sizes));
        }
    }

    private static Tensor typed(TensorProto proto, DataType type, long[] sizes, long elements) {
        return switch (type) {
            case FLOAT32 -> fill(proto, type, sizes, elements, proto.getFloatDataCount(), null,
                    i -> (double) proto.getFloatData((int) i));
            case FLOAT64 -> fill(proto, type, sizes, elements, proto.getDoubleDataCount(), null,
                    i -> proto.getDoubleData((int) i));
            case INT64 -> fill(proto, type, sizes, elements, proto.getInt64DataCount(), i -> proto.getInt64Data((int) i), null);
            case UINT32, UINT64 ->
                    fill(proto, type, sizes, elements, proto.getUint64DataCount(), i -> proto.getUint64Data((int) i), null);
            case FLOAT16, BFLOAT16 -> {
                requireCount(proto, sizes, elements, proto.getInt32DataCount());
                ByteBuffer bits = ByteBuffer.allocate((int) elements * 2).order(ByteOrder.LITTLE_ENDIAN);
                proto.getInt32DataList().forEach(v -> bits.putShort(v.shortValue()));
                yield Tensor.wrap(type, sizes, bits.flip());
            }
            case INT8, INT16, INT32, UINT8, UINT16, BOOL ->
                    fill(proto, type, sizes, elements, proto.getInt32DataCount(), i -> (long) proto.getInt32Data((int) i), null);
        };
    }

    private static Tensor fill(TensorProto proto, DataType type, long[] sizes, long elements, int count,
            LongFunction<Long> integers, LongFunction<Double> reals) {
        requireCount(proto, sizes, elements, count);
        Tensor tensor = Tensor.zeros(type, sizes);
        for (int i = 0; i < count; i++) {
            if (integers != null) {
                tensor.setLong(i, integers.apply(i));
            } else {
                tensor.setDouble(i, reals.apply(i));
            }
        }
        return tensor;
    }

    private static void requireCount(TensorProto proto, long[] sizes, long elements, int count) {
        if (count != elements) {
            throw error(proto, "has " + count + " elements of data, its shape " + Shape.of(sizes) + " needs " + elements);
        }
    }

    private Tensor external(TensorProto proto, DataType type, long[] sizes, long bytes) {
        String location = null;
        long offset = 0;
        long length = bytes;
        try {
            for (StringStringEntryProto entry : proto.getExternalDataList()) {
                switch (entry.getKey()) {
                    case "location" -> location = entry.getValue();
                    case "offset" -> offset = Long.parseLong(entry.getValue());
                    case "length" -> length = Long.parseLong(entry.getValue());
                    default -> { }
                }
            }
        } catch (NumberFormatException e) {
            throw error(proto, "has an external-data entry that is not a number");
        }
        if (location == null || directory == null) {
            throw error(proto, "keeps its data in another file, but " + (location == null ? "names none" : "the model's folder is not known"));
        }
        if (length != bytes || offset < 0) {
            throw error(proto, "has " + length + " bytes of external data at offset " + offset + ", its shape needs " + bytes);
        }
        Path file = inside(proto, location);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            if (Files.size(file) - offset < bytes) {
                throw error(proto, "needs bytes " + offset + " to " + (offset + bytes) + " of '" + location + "', which has " + Files.size(file));
            }
            ByteBuffer[] pieces = new ByteBuffer[(int) Math.max(1, (bytes + SEGMENT - 1) / SEGMENT)];
            for (int i = 0; i < pieces.length; i++) {
                long start = i * SEGMENT;
                pieces[i] = channel.map(FileChannel.MapMode.READ_ONLY, offset + start, Math.min(SEGMENT, bytes - start));
            }
            return Tensor.wrapSegments(type, sizes, pieces);
        } catch (IOException e) {
            throw error(proto, "keeps its data in '" + location + "', which cannot be read (" + e.getMessage() + ")");
        }
    }

    /** The external file, which must be a regular file of the model's folder. */
    private Path inside(TensorProto proto, String location) {
        try {
            Path root = directory.toRealPath();
            Path named = root.resolve(location).normalize();
            if (!named.startsWith(root)) {
                throw error(proto, "keeps its data at '" + location + "', outside the model's folder");
            }
            Path file = named.toRealPath();
            if (!file.startsWith(root) && !file.startsWith(linkTarget.toRealPath())) {
                throw error(proto, "keeps its data at '" + location + "', a link that leads out of the model's folder");
            }
            if (!Files.isRegularFile(file)) {
                throw error(proto, "keeps its data at '" + location + "', which is not a file");
            }
            return file;
        } catch (IOException e) {
            throw error(proto, "keeps its data in '" + location + "', which is not there: copy it beside the model");
        } catch (InvalidPathException e) {
            throw error(proto, "keeps its data in '" + location + "', which is no file name");
        }
    }

    private static FiresteelException error(TensorProto proto, String what) {
        return FiresteelException.user("MODEL_INVALID", "tensor '" + proto.getName() + "' " + what);
    }
}
