package io.firesteel.calibration.sample;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The first 128 bits of the SHA-256 of a row's tensors, the inputs one after the other, row-major and little endian. Ordered
 * as unsigned numbers.
 *
 * @param high the first 64 bits
 * @param low the next 64 bits
 */
public record ContentHash(long high, long low) implements Comparable<ContentHash>, Serializable {

    /** Chunks that a sample is divided into. */
    public static final int CHUNKS = 64;

    /** The hash of a row's inputs; buffers are read to their ends. */
    public static ContentHash of(ByteBuffer... inputs) {
        MessageDigest digest = sha256();
        for (ByteBuffer input : inputs) {
            digest.update(input);
        }
        return fromBytes(digest.digest());
    }

    /** The hash of a row's inputs in one array. */
    public static ContentHash of(byte[] row) {
        return of(ByteBuffer.wrap(row));
    }

    /** The hash that {@link #toBytes} gave the first bytes of. */
    public static ContentHash fromBytes(byte[] bytes) {
        ByteBuffer hash = ByteBuffer.wrap(bytes).order(ByteOrder.BIG_ENDIAN);
        return new ContentHash(hash.getLong(), hash.getLong());
    }

    /** The hash as 16 bytes, big endian; as unsigned numbers these are in the order of the hashes. */
    public byte[] toBytes() {
        return ByteBuffer.allocate(2 * Long.BYTES).order(ByteOrder.BIG_ENDIAN).putLong(high).putLong(low).array();
    }

    /** The hash of the same row together with a text; the last 64 bits stay as they are. */
    public ContentHash with(String text) {
        return new ContentHash(high ^ of(text.getBytes(StandardCharsets.UTF_8)).high, low);
    }

    /** The hash in lower-case hexadecimal. */
    public String text() {
        return HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** The chunk of the sample that the row belongs to: by the last bits, since a sample has the smallest first ones. */
    public int chunk() {
        return (int) (low & CHUNKS - 1);
    }

    @Override
    public int compareTo(ContentHash other) {
        int first = Long.compareUnsigned(high, other.high);
        return first != 0 ? first : Long.compareUnsigned(low, other.low);
    }
}
