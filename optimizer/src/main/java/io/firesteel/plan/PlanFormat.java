package io.firesteel.plan;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.zip.CRC32C;

/**
 * The layout of a plan file, all numbers little endian:
 *
 * <pre>
 *  0  8 bytes   magic "FIRESTEL"
 *  8  4 bytes   format version
 * 12  4 bytes   zero
 * 16  8 bytes   header length in bytes
 * 24 32 bytes   SHA-256 of the header
 * 56  8 bytes   file length in bytes
 * 64  header    PlanHeaderProto
 *     blobs     each at a multiple of 64
 * </pre>
 */
final class PlanFormat {

    static final byte[] MAGIC = "FIRESTEL".getBytes(StandardCharsets.US_ASCII);
    static final int VERSION = 1;
    static final int ALIGNMENT = 64;
    static final int PREAMBLE = 64;
    static final int HASH_BYTES = 32;
    static final long HEADER_LIMIT = 1L << 26;

    private PlanFormat() { }

    static long align(long offset) {
        return offset + ALIGNMENT - 1 & -ALIGNMENT;
    }

    static byte[] sha256(ByteBuffer[] segments) {
        MessageDigest digest = sha256();
        for (ByteBuffer segment : segments) {
            digest.update(segment.duplicate());
        }
        return digest.digest();
    }

    static int crc32c(ByteBuffer[] segments) {
        CRC32C checksum = new CRC32C();
        for (ByteBuffer segment : segments) {
            checksum.update(segment.duplicate());
        }
        return (int) checksum.getValue();
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
