package io.firesteel.hostile;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.firesteel.plan.proto.BlobDefinition;
import io.firesteel.plan.proto.PlanHeaderProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32C;

/** Changes the inside of plan files and mends lengths, offsets and hashes, so that the change gets past them. */
final class PlanMutator {

    private static final int PREAMBLE = 64;
    private static final int ALIGNMENT = 64;
    private static final int SLACK = 256;

    private final Random random;
    private final MessageMutator messages;
    private final ByteMutator bytes;

    PlanMutator(Random random) {
        this.random = random;
        this.messages = new MessageMutator(random);
        this.bytes = new ByteMutator(random);
    }

    /** A plan whose header was changed as a message, as bytes, or whose weights were changed. */
    byte[] mutate(byte[] file) {
        int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(16);
        byte[] header = Arrays.copyOfRange(file, PREAMBLE, PREAMBLE + length);
        int oldBase = align(PREAMBLE + length);
        byte[] weights = Arrays.copyOfRange(file, Math.min(oldBase, file.length), file.length);
        int kind = random.nextInt(8);
        if (kind == 0) {
            return assemble(bytes.mutate(header), weights);
        }
        PlanHeaderProto proto = parse(header);
        if (kind <= 2 && proto.getBlobsCount() > 0) {
            return place(withHostileWeights(proto, weights, oldBase).toBuilder(), weights, oldBase);
        }
        return place(((PlanHeaderProto) messages.mutate(proto, 1 + random.nextInt(3))).toBuilder(), weights, oldBase);
    }

    private PlanHeaderProto withHostileWeights(PlanHeaderProto proto, byte[] weights, int base) {
        int index = random.nextInt(proto.getBlobsCount());
        BlobDefinition blob = proto.getBlobs(index);
        int start = (int) blob.getOffset() - base;
        byte[] data = messages.hostileNumbers(Arrays.copyOfRange(weights, start, start + (int) blob.getLength()));
        System.arraycopy(data, 0, weights, start, data.length);
        return proto.toBuilder().setBlobs(index, blob.toBuilder().setSha256(ByteString.copyFrom(sha256(data))).setCrc32C(crc32c(data)))
                .build();
    }

    private static byte[] place(PlanHeaderProto.Builder header, byte[] weights, int oldBase) {
        int base = align(PREAMBLE + header.build().getSerializedSize() + SLACK);
        header.getBlobsBuilderList().forEach(b -> b.setOffset(b.getOffset() - oldBase + base));
        byte[] encoded = header.build().toByteArray();
        return assemble(encoded, concatenate(new byte[Math.max(0, base - align(PREAMBLE + encoded.length))], weights));
    }

    private static byte[] assemble(byte[] header, byte[] weights) {
        int base = weights.length == 0 ? PREAMBLE + header.length : align(PREAMBLE + header.length);
        ByteBuffer file = ByteBuffer.allocate(base + weights.length).order(ByteOrder.LITTLE_ENDIAN);
        file.put("FIRESTEL".getBytes(StandardCharsets.US_ASCII)).putInt(1).putInt(0).putLong(header.length)
                .put(sha256(header)).putLong(file.capacity()).put(header);
        file.position(base).put(weights);
        return file.array();
    }

    private static byte[] concatenate(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static int align(int offset) {
        return offset + ALIGNMENT - 1 & -ALIGNMENT;
    }

    private static PlanHeaderProto parse(byte[] header) {
        try {
            return PlanHeaderProto.parseFrom(header);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("the plan to mutate is not a plan", e);
        }
    }

    private static int crc32c(byte[] data) {
        CRC32C checksum = new CRC32C();
        checksum.update(data);
        return (int) checksum.getValue();
    }

    private static byte[] sha256(byte[] data) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(data);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
