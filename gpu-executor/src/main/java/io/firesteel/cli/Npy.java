package io.firesteel.cli;

import io.firesteel.FiresteelException;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Tensors in NumPy's .npy format, versions 1 to 3, C order, little endian. */
public final class Npy {

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final Map<String, DataType> TYPES = Map.ofEntries(Map.entry("<f4", DataType.FLOAT32),
            Map.entry("<f2", DataType.FLOAT16), Map.entry("<f8", DataType.FLOAT64), Map.entry("|i1", DataType.INT8),
            Map.entry("<i2", DataType.INT16), Map.entry("<i4", DataType.INT32), Map.entry("<i8", DataType.INT64),
            Map.entry("|u1", DataType.UINT8), Map.entry("<u2", DataType.UINT16), Map.entry("<u4", DataType.UINT32),
            Map.entry("<u8", DataType.UINT64), Map.entry("|b1", DataType.BOOL));
    private static final Pattern HEADER = Pattern.compile(
            "\\{\\s*'descr'\\s*:\\s*'([^']*)'\\s*,\\s*'fortran_order'\\s*:\\s*(True|False)\\s*,\\s*'shape'\\s*:\\s*\\(([0-9, ]*)\\).*", Pattern.DOTALL);

    private Npy() { }

    /** Reads a file. */
    public static Tensor read(Path file) {
        try {
            return parse(file, Files.readAllBytes(file));
        } catch (IOException e) {
            throw new FiresteelException("INPUT_UNREADABLE", FiresteelException.Kind.USER, null, "'" + file + "' cannot be read: " + e, e);
        }
    }

    private static Tensor parse(Path file, byte[] bytes) {
        if (bytes.length < 12 || !Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw invalid(file, "it is not in NumPy's .npy format");
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int start = bytes[6] == 1 ? 10 : 12;
        long length = bytes[6] == 1 ? buffer.getShort(8) & 0xffff : buffer.getInt(8) & 0xffffffffL;
        if (start + length > bytes.length) {
            throw invalid(file, "its header ends early");
        }
        Matcher header = HEADER.matcher(new String(bytes, start, (int) length, StandardCharsets.UTF_8));
        if (!header.matches() || header.group(2).equals("True")) {
            throw invalid(file, "its header is not understood; save it in C order");
        }
        DataType type = TYPES.get(header.group(1));
        if (type == null) {
            throw invalid(file, "element type " + header.group(1) + " is not supported");
        }
        try {
            long[] sizes = Arrays.stream(header.group(3).split(",")).map(String::strip).filter(s -> !s.isEmpty())
                    .mapToLong(Long::parseLong).toArray();
            return Tensor.wrap(type, sizes, buffer.position(start + (int) length));
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw invalid(file, e.getMessage());
        }
    }

    private static FiresteelException invalid(Path file, String why) {
        return FiresteelException.user("INPUT_INVALID", "'" + file + "' cannot be used: " + why);
    }

    /** Writes a file; bfloat16 becomes float32, which NumPy has. */
    public static void write(Tensor tensor, Path file) {
        Tensor written = tensor.dataType() == DataType.BFLOAT16 ? widened(tensor) : tensor;
        String type = TYPES.entrySet().stream().filter(e -> e.getValue() == written.dataType()).findFirst().orElseThrow().getKey();
        String shape = Arrays.stream(written.sizes()).mapToObj(s -> s + ",").collect(Collectors.joining(" "));
        StringBuilder header = new StringBuilder("{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }");
        header.append(" ".repeat((64 - (10 + header.length() + 1) % 64) % 64)).append('\n');
        ByteArrayOutputStream start = new ByteArrayOutputStream();
        start.writeBytes(MAGIC);
        start.writeBytes(new byte[] {1, 0, (byte) header.length(), (byte) (header.length() >> 8)});
        start.writeBytes(header.toString().getBytes(StandardCharsets.US_ASCII));
        try (OutputStream out = Files.newOutputStream(file); WritableByteChannel channel = Channels.newChannel(out)) {
            out.write(start.toByteArray());
            for (ByteBuffer segment : written.segments()) {
                channel.write(segment);
            }
        } catch (IOException e) {
            throw new FiresteelException("OUTPUT_UNWRITABLE", FiresteelException.Kind.USER, null, "'" + file + "' cannot be written: " + e, e);
        }
    }

    private static Tensor widened(Tensor tensor) {
        Tensor floats = Tensor.zeros(DataType.FLOAT32, tensor.sizes());
        for (long i = 0; i < tensor.elements(); i++) {
            floats.setDouble(i, tensor.getDouble(i));
        }
        return floats;
    }
}
