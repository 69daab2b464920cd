package io.firesteel.plan;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.firesteel.FiresteelException;
import io.firesteel.plan.proto.BlobDefinition;
import io.firesteel.plan.proto.PlanHeaderProto;
import io.firesteel.plan.proto.RuleCount;
import io.firesteel.plan.proto.TensorDefinition;
import io.firesteel.plan.proto.TextEntry;
import io.firesteel.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Writes plan files: the same plan gives the same bytes. */
public final class PlanWriter {

    private static final class Blobs implements GraphCodec.TensorStore {
        private final List<Tensor> tensors = new ArrayList<>();
        private final List<BlobDefinition> definitions = new ArrayList<>();
        private final Map<ByteString, Integer> known = new HashMap<>();

        @Override
        public int put(Tensor tensor) {
            ByteString hash = ByteString.copyFrom(PlanFormat.sha256(tensor.segments()));
            return known.computeIfAbsent(hash, h -> {
                tensors.add(tensor);
                definitions.add(BlobDefinition.newBuilder().setSha256(h).setCrc32C(PlanFormat.crc32c(tensor.segments()))
                        .setLength(tensor.byteSize()).build());
                return tensors.size() - 1;
            });
        }

        @Override
        public Tensor get(TensorDefinition definition) {
            throw new UnsupportedOperationException("a plan being written is not read");
        }
    }

    private PlanWriter() { }

    private static List<TextEntry> entries(Map<String, String> texts) {
        return texts.entrySet().stream().map(e -> TextEntry.newBuilder().setKey(e.getKey()).setValue(e.getValue()).build()).toList();
    }

    /**
     * Writes a plan atomically: the file appears complete or not at all.
     *
     * @param file where to; replaced if it exists
     * @return the plan with its hash
     * @throws FiresteelException if the file cannot be written
     */
    public static Plan write(Plan plan, Path file) {
        Blobs blobs = new Blobs();
        PlanHeaderProto.Builder header = PlanHeaderProto.newBuilder().setName(plan.name()).setPrecision(plan.precision().label())
                .setGraph(new GraphCodec(blobs).encode(plan.graph()))
                .addAllProvenance(entries(plan.provenance())).setLayersBefore(plan.layersBefore()).addAllLabels(plan.labels())
                .addAllFp16Overflows(entries(plan.fp16Overflows()));
        plan.signature().inputs().forEach(p -> header.addInputs(TypeCodec.encode(p)));
        plan.signature().outputs().forEach(p -> header.addOutputs(TypeCodec.encode(p)));
        plan.rules().forEach((rule, count) -> header.addRules(RuleCount.newBuilder().setRule(rule).setCount(count)));
        header.addAllBlobs(blobs.definitions);
        byte[] bytes = place(header);
        String hash = HexFormat.of().formatHex(PlanFormat.sha256().digest(bytes));
        try {
            Path parent = file.toAbsolutePath().getParent();
            Files.createDirectories(parent);
            // Temporary files of java.nio are readable by their owner only, and the plan would stay so.
            Path temporary = parent.resolve("." + file.getFileName() + "." + UUID.randomUUID() + ".writing");
            try {
                writeFile(temporary, bytes, header, blobs.tensors);
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw new FiresteelException("PLAN_NOT_WRITTEN", FiresteelException.Kind.USER, null,
                    "plan '" + file + "' cannot be written: " + e, e);
        }
        return plan.withHash(hash);
    }


    /** Gives each blob its offset: the header's length depends on the offsets, so it is placed anew until it grows no more. */
    private static byte[] place(PlanHeaderProto.Builder header) {
        long headerLength = serialize(header).length;
        while (true) {
            long offset = PlanFormat.align(PlanFormat.PREAMBLE + headerLength);
            for (BlobDefinition.Builder blob : header.getBlobsBuilderList()) {
                blob.setOffset(offset);
                offset = PlanFormat.align(offset + blob.getLength());
            }
            byte[] bytes = serialize(header);
            if (bytes.length <= headerLength) {
                return bytes;
            }
            headerLength = bytes.length;
        }
    }

    private static byte[] serialize(PlanHeaderProto.Builder header) {
        PlanHeaderProto message = header.build();
        byte[] bytes = new byte[message.getSerializedSize()];
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.useDeterministicSerialization();
        try {
            message.writeTo(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes;
    }

    private static void writeFile(Path file, byte[] header, PlanHeaderProto.Builder definition, List<Tensor> tensors)
            throws IOException {
        long length = PlanFormat.PREAMBLE + header.length;
        for (BlobDefinition blob : definition.getBlobsList()) {
            length = Math.max(length, blob.getOffset() + blob.getLength());
        }
        ByteBuffer preamble = ByteBuffer.allocate(PlanFormat.PREAMBLE).order(ByteOrder.LITTLE_ENDIAN);
        preamble.put(PlanFormat.MAGIC).putInt(PlanFormat.VERSION).putInt(0).putLong(header.length)
                .put(PlanFormat.sha256().digest(header)).putLong(length).flip();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            writeFully(channel, preamble, 0);
            writeFully(channel, ByteBuffer.wrap(header), PlanFormat.PREAMBLE);
            for (int i = 0; i < tensors.size(); i++) {
                long at = definition.getBlobs(i).getOffset();
                for (ByteBuffer segment : tensors.get(i).segments()) {
                    int bytes = segment.remaining();
                    writeFully(channel, segment, at);
                    at += bytes;
                }
            }
            if (channel.size() < length) {
                writeFully(channel, ByteBuffer.allocate((int) (length - channel.size())), channel.size());
            }
            channel.force(true);
        }
    }

    private static void writeFully(FileChannel channel, ByteBuffer data, long position) throws IOException {
        long at = position;
        while (data.hasRemaining()) {
            at += channel.write(data, at);
        }
    }
}
