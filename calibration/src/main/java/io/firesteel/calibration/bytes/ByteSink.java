package io.firesteel.calibration.bytes;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/** Collects a little-endian record: magic, version, fields, CRC-32C. */
public final class ByteSink {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);

    /** Begins a record. */
    public ByteSink(byte[] magic, int version) {
        bytes.writeBytes(magic);
        u8(version & 0xff);
        u8(version >>> 8);
    }

    /** One byte. */
    public void u8(int value) {
        bytes.write(value);
    }

    /** Four bytes. */
    public void u32(int value) {
        for (int shift = 0; shift < Integer.SIZE; shift += 8) {
            bytes.write(value >>> shift);
        }
    }

    /** The bits of a float. */
    public void f32(float value) {
        u32(Float.floatToRawIntBits(value));
    }

    /** The bits of a double. */
    public void f64(double value) {
        long bits = Double.doubleToRawLongBits(value);
        u32((int) bits);
        u32((int) (bits >>> Integer.SIZE));
    }

    /** A text as UTF-8, as {@link #block}. */
    public void text(String text) {
        block(text.getBytes(StandardCharsets.UTF_8));
    }

    /** A value of at least 0 in groups of 7 bits, lowest first. */
    public void varint(long value) {
        long rest = value;
        while (rest >= 0x80) {
            bytes.write((int) (rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        bytes.write((int) rest);
    }

    /** The length as a varint, then the bytes. */
    public void block(byte[] block) {
        varint(block.length);
        bytes.writeBytes(block);
    }

    /** The record with its checksum. */
    public byte[] finish() {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes.toByteArray());
        u32((int) checksum.getValue());
        return bytes.toByteArray();
    }
}
