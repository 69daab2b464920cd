package io.firesteel.calibration.histogram;

import java.io.ByteArrayOutputStream;
import java.util.zip.CRC32C;

/** Collects a little-endian record: magic, version, fields, CRC-32C. */
final class ByteSink {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);

    ByteSink(byte[] magic, int version) {
        bytes.writeBytes(magic);
        u8(version & 0xff);
        u8(version >>> 8);
    }

    void u8(int value) {
        bytes.write(value);
    }

    void u32(int value) {
        for (int shift = 0; shift < Integer.SIZE; shift += 8) {
            bytes.write(value >>> shift);
        }
    }

    void f32(float value) {
        u32(Float.floatToRawIntBits(value));
    }

    /** A value of at least 0 in groups of 7 bits, lowest first. */
    void varint(long value) {
        long rest = value;
        while (rest >= 0x80) {
            bytes.write((int) (rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        bytes.write((int) rest);
    }

    /** The length as a varint, then the bytes. */
    void block(byte[] block) {
        varint(block.length);
        bytes.writeBytes(block);
    }

    byte[] finish() {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes.toByteArray());
        u32((int) checksum.getValue());
        return bytes.toByteArray();
    }
}
