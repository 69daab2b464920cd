package io.firesteel.plan;

import com.google.protobuf.InvalidProtocolBufferException;
import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.plan.proto.BlobDefinition;
import io.firesteel.plan.proto.PlanHeaderProto;
import io.firesteel.plan.proto.RuleCount;
import io.firesteel.plan.proto.TensorDefinition;
import io.firesteel.plan.proto.TextEntry;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads plan files. Every length and checksum is checked before it is used, and the graph is built anew with all types inferred,
 * so a damaged or hostile file gives a {@link FiresteelException} with code {@code PLAN_DAMAGED}.
 */
public final class PlanReader {

    private static final long SEGMENT = 1L << 30;

    private record Parsed(PlanHeaderProto header, String hash, long headerBytes, long fileBytes) { }

    private PlanReader() { }

    /** Loads a plan; weights are mapped into memory, not copied. */
    public static Plan read(Path file) {
        try (FileChannel channel = open(file)) {
            Parsed parsed = parse(file.toString(), channel);
            List<BlobDefinition> definitions = parsed.header().getBlobsList();
            ByteBuffer[][] blobs = map(file, parsed, channel);
            WeightVerification verification = WeightVerification.start(definitions, blobs);
            try {
                return plan(file.toString(), parsed, new Stored(definitions, blobs));
            } finally {
                requireUndamaged(file, verification.finish());
            }
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    /** Reads everything but the weights; the file's length is checked, the weights' checksums are not. */
    public static PlanHeader header(Path file) {
        try (FileChannel channel = open(file)) {
            return header(file.toString(), parse(file.toString(), channel));
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    /**
     * Reads everything but the weights from a stream, for file systems that are not local.
     *
     * @param name what to call the file in messages
     * @param fileBytes the file's length
     */
    public static PlanHeader header(String name, InputStream in, long fileBytes) throws IOException {
        byte[] preamble = in.readNBytes(PlanFormat.PREAMBLE);
        long length = headerLength(name, preamble, fileBytes);
        byte[] header = in.readNBytes((int) length);
        return header(name, parse(name, preamble, header, fileBytes));
    }

    private static PlanHeader header(String name, Parsed parsed) {
        PlanHeaderProto header = parsed.header();
        return new PlanHeader(header.getName(), parsed.hash(), signature(header), Precision.parse(header.getPrecision()),
                texts(header.getProvenanceList()), header.getLabelsList(), parsed.fileBytes());
    }

    private static Signature signature(PlanHeaderProto header) {
        return new Signature(header.getInputsList().stream().map(TypeCodec::decode).toList(),
                header.getOutputsList().stream().map(TypeCodec::decode).toList());
    }

    private static Map<String, String> texts(List<TextEntry> entries) {
        Map<String, String> texts = new LinkedHashMap<>();
        entries.forEach(e -> texts.put(e.getKey(), e.getValue()));
        return texts;
    }

    private static FileChannel open(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw FiresteelException.user("PLAN_NOT_FOUND", "there is no plan file '" + file + "'");
        }
        return FileChannel.open(file, StandardOpenOption.READ);
    }

    private static Parsed parse(String name, FileChannel channel) throws IOException {
        byte[] preamble = read(channel, 0, (int) Math.min(PlanFormat.PREAMBLE, channel.size()));
        long length = headerLength(name, preamble, channel.size());
        return parse(name, preamble, read(channel, PlanFormat.PREAMBLE, (int) length), channel.size());
    }

    private static byte[] read(FileChannel channel, long position, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, position + bytes.position()) < 0) {
                throw new EOFException("the file ends early");
            }
        }
        return bytes.array();
    }

    private static long headerLength(String name, byte[] preamble, long fileBytes) {
        if (preamble.length < PlanFormat.PREAMBLE || !Arrays.equals(preamble, 0, PlanFormat.MAGIC.length, PlanFormat.MAGIC, 0,
                PlanFormat.MAGIC.length)) {
            throw FiresteelException.user("PLAN_DAMAGED", "'" + name + "' is not a plan file: build it with 'firesteel build'");
        }
        ByteBuffer fields = ByteBuffer.wrap(preamble).order(ByteOrder.LITTLE_ENDIAN);
        int version = fields.getInt(8);
        if (version != PlanFormat.VERSION) {
            throw FiresteelException.user("PLAN_VERSION", "'" + name + "' is a plan of format " + version + ", this release reads format "
                    + PlanFormat.VERSION + ": build it again");
        }
        long length = fields.getLong(16);
        if (length < 0 || length > PlanFormat.HEADER_LIMIT || length > fileBytes - PlanFormat.PREAMBLE) {
            throw damaged(name, "its header of " + length + " bytes does not fit the file");
        }
        if (fields.getLong(56) != fileBytes) {
            throw damaged(name, "it should be " + fields.getLong(56) + " bytes long and is " + fileBytes);
        }
        return length;
    }

    private static Parsed parse(String name, byte[] preamble, byte[] header, long fileBytes) {
        byte[] hash = PlanFormat.sha256().digest(header);
        if (!Arrays.equals(hash, 0, PlanFormat.HASH_BYTES, preamble, 24, 24 + PlanFormat.HASH_BYTES)) {
            throw damaged(name, "its header does not have the hash it should have");
        }
        try {
            return new Parsed(PlanHeaderProto.parseFrom(header), HexFormat.of().formatHex(hash), header.length, fileBytes);
        } catch (InvalidProtocolBufferException e) {
            throw damaged(name, "its header cannot be read (" + e.getMessage() + ")");
        }
    }

    private static Plan plan(String name, Parsed parsed, Stored tensors) {
        PlanHeaderProto header = parsed.header();
        try {
            Graph graph = new GraphCodec(tensors).decode(header.getGraph());
            Map<String, Long> rules = new LinkedHashMap<>();
            for (RuleCount rule : header.getRulesList()) {
                rules.put(rule.getRule(), rule.getCount());
            }
            if (!Signature.of(graph).equals(signature(header))) {
                throw FiresteelException.user("PLAN_DAMAGED", "the plan is damaged: its signature is not its graph's");
            }
            return new Plan(header.getName(), graph, Precision.parse(header.getPrecision()), texts(header.getProvenanceList()), rules,
                    header.getLayersBefore(), header.getLabelsList(), texts(header.getFp16OverflowsList()), parsed.hash());
        } catch (FiresteelException e) {
            throw new FiresteelException(e.code(), e.kind(), e.node().orElse(null), "'" + name + "': " + e.getMessage(), e);
        } catch (StackOverflowError e) {
            throw damaged(name, "its graph is nested too deeply");
        }
    }

    /** Maps the blobs; small ones share a mapping, as the operating system limits their number. */
    private static ByteBuffer[][] map(Path file, Parsed parsed, FileChannel channel) throws IOException {
        List<BlobDefinition> definitions = parsed.header().getBlobsList();
        requireInOrder(file, parsed);
        ByteBuffer[][] blobs = new ByteBuffer[definitions.size()][];
        int next = 0;
        while (next < blobs.length) {
            long start = definitions.get(next).getOffset();
            if (end(definitions.get(next)) - start > SEGMENT) {
                blobs[next] = mapLarge(definitions.get(next), channel);
                next++;
                continue;
            }
            int first = next;
            while (next < blobs.length && end(definitions.get(next)) - start <= SEGMENT) {
                next++;
            }
            ByteBuffer window = channel.map(FileChannel.MapMode.READ_ONLY, start, end(definitions.get(next - 1)) - start);
            for (int i = first; i < next; i++) {
                BlobDefinition blob = definitions.get(i);
                blobs[i] = blob.getLength() == 0 ? new ByteBuffer[0]
                        : new ByteBuffer[] {window.slice((int) (blob.getOffset() - start), (int) blob.getLength())};
            }
        }
        return blobs;
    }

    private static ByteBuffer[] mapLarge(BlobDefinition blob, FileChannel channel) throws IOException {
        ByteBuffer[] pieces = new ByteBuffer[(int) ((blob.getLength() + SEGMENT - 1) / SEGMENT)];
        for (int i = 0; i < pieces.length; i++) {
            long start = i * SEGMENT;
            pieces[i] = channel.map(FileChannel.MapMode.READ_ONLY, blob.getOffset() + start,
                    Math.min(SEGMENT, blob.getLength() - start));
        }
        return pieces;
    }

    /** Blobs lie one after the other, so that checking them reads no byte of the file twice. */
    private static void requireInOrder(Path file, Parsed parsed) {
        long end = PlanFormat.PREAMBLE + parsed.headerBytes();
        for (int i = 0; i < parsed.header().getBlobsCount(); i++) {
            BlobDefinition blob = parsed.header().getBlobs(i);
            if (blob.getOffset() < end || blob.getOffset() % PlanFormat.ALIGNMENT != 0 || blob.getLength() < 0
                    || blob.getOffset() > parsed.fileBytes() || blob.getLength() > parsed.fileBytes() - blob.getOffset()) {
                throw damaged(file.toString(), "weights " + i + " lie outside their part of the file");
            }
            end = end(blob);
        }
    }

    private static long end(BlobDefinition blob) {
        return blob.getOffset() + blob.getLength();
    }

    private static void requireUndamaged(Path file, int damagedBlob) {
        if (damagedBlob >= 0) {
            throw damaged(file.toString(), "weights " + damagedBlob + " do not have the checksum they should have");
        }
    }

    /** Tensors over the mapped blobs. */
    private record Stored(List<BlobDefinition> definitions, ByteBuffer[][] blobs) implements GraphCodec.TensorStore {

        @Override
        public int put(Tensor tensor) {
            throw new UnsupportedOperationException("a plan being read is not written");
        }

        @Override
        public Tensor get(TensorDefinition definition) {
            DataType type = TypeCodec.dataType(definition.getDataType());
            long[] sizes = definition.getSizesList().stream().mapToLong(Long::longValue).toArray();
            int blob = definition.getBlob();
            if (blob < 0 || blob >= definitions.size()) {
                throw FiresteelException.user("PLAN_DAMAGED", "the plan is damaged: there are no weights " + blob);
            }
            long bytes = type.bytes();
            for (long size : sizes) {
                bytes *= size;
            }
            if (bytes != definitions.get(blob).getLength()) {
                throw FiresteelException.user("PLAN_DAMAGED", "the plan is damaged: weights " + blob + " have "
                        + definitions.get(blob).getLength() + " bytes, " + Arrays.toString(sizes) + " of " + type + " needs " + bytes);
            }
            return blobs[blob].length == 0 ? Tensor.zeros(type, sizes) : Tensor.wrapSegments(type, sizes, blobs[blob]);
        }
    }

    private static FiresteelException damaged(String name, String what) {
        return FiresteelException.user("PLAN_DAMAGED", "plan '" + name + "' is damaged: " + what + ": build or copy it again");
    }

    private static FiresteelException unreadable(Path file, IOException e) {
        return new FiresteelException("PLAN_UNREADABLE", FiresteelException.Kind.USER, null,
                "plan '" + file + "' cannot be read: " + e.getMessage(), e);
    }
}
