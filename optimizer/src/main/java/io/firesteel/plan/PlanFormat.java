package io.firesteel.plan;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

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

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
