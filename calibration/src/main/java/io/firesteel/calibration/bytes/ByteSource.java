package io.firesteel.calibration.bytes;

import io.firesteel.FiresteelException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** Reads what {@link ByteSink} wrote; every way in which bytes can be wrong ends in one clear error. */
public final class ByteSource {

    private final String what;
    private final ByteBuffer bytes;

    /**
     * Checks what stands around a record.
     *
     * @param what names the record in errors
     * @throws FiresteelException {@code CALIBRATION_DAMAGED} where it is not such a record, or damaged
     */
    public ByteSource(String what, byte[] record, byte[] magic, int version) {
        this.what = what;
        int overhead = magic.length + Short.BYTES + Integer.BYTES;
        if (record.length < overhead || !Arrays.equals(Arrays.copyOf(record, magic.length), magic)) {
            throw damaged("not a calibration " + what);
        }
        ByteBuffer all = ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN);
        int found = Short.toUnsignedInt(all.getShort(magic.length));
        if (found != version) {
            throw FiresteelException.user("CALIBRATION_DAMAGED", "calibration " + what + " of format version " + found
                    + ": this Firesteel reads version " + version + "; use the one that wrote it or calibrate again");
        }
        int end = record.length - Integer.BYTES;
        CRC32C checksum = new CRC32C();
        checksum.update(record, 0, end);
        require((int) checksum.getValue() == all.getInt(end), "a wrong checksum");
        this.bytes = all.position(magic.length + Short.BYTES).limit(end);
    }

    /** One byte, 0 to 255. */
    public int u8() {
        try {
            return Byte.toUnsignedInt(bytes.get());
        } catch (BufferUnderflowException e) {
            throw truncated();
        }
    }

    /** A float from its bits. */
    public float f32() {
        try {
            return bytes.getFloat();
        } catch (BufferUnderflowException e) {
            throw truncated();
        }
    }

    /** A double from its bits. */
    public double f64() {
        try {
            return bytes.getDouble();
        } catch (BufferUnderflowException e) {
            throw truncated();
        }
    }

    /** A text in UTF-8. */
    public String text() {
        return new String(block(), StandardCharsets.UTF_8);
    }

    /** A value from 0 to 2^63 - 1. */
    public long varint() {
        long value = 0;
        for (int shift = 0; shift < 63; shift += 7) {
            int next = u8();
            value |= (long) (next & 0x7f) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw damaged("a count that passes 2^63 - 1");
    }

    /** As many bytes as the varint before them says. */
    public byte[] block() {
        long length = varint();
        require(length <= bytes.remaining(), "a length that passes its end");
        byte[] block = new byte[(int) length];
        bytes.get(block);
        return block;
    }

    /** Whether all was read. */
    public boolean atEnd() {
        return !bytes.hasRemaining();
    }

    /** Fails where a condition does not hold. */
    public void require(boolean condition, String otherwise) {
        if (!condition) {
            throw damaged(otherwise);
        }
    }

    private FiresteelException truncated() {
        return damaged("an early end");
    }

    private FiresteelException damaged(String found) {
        return FiresteelException.user("CALIBRATION_DAMAGED", "damaged calibration " + what + ": found " + found
                + "; delete it and calibrate again");
    }
}
