package io.firesteel.hostile;

import java.util.Arrays;
import java.util.Random;

/** Damages files as transfers, disks and simple attacks do. */
final class ByteMutator {

    private static final int START = 4096;
    private static final int RUN = 8;
    private static final int INSERTED = 64;

    private final Random random;

    ByteMutator(Random random) {
        this.random = random;
    }

    /** A damaged copy. */
    byte[] mutate(byte[] file) {
        byte[] bytes = file.clone();
        switch (random.nextInt(7)) {
            case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 1 -> {
                for (int i = 0; i < RUN; i++) {
                    bytes[random.nextInt(Math.min(bytes.length, START))] = (byte) random.nextInt();
                }
            }
            case 2 -> bytes[random.nextInt(Math.min(bytes.length, START))] ^= (byte) (1 << random.nextInt(8));
            case 3 -> {
                int at = random.nextInt(Math.min(bytes.length, START));
                Arrays.fill(bytes, at, Math.min(bytes.length, at + RUN), (byte) 0xff);
            }
            case 4 -> bytes = inserted(bytes);
            case 5 -> bytes = hugeLength(bytes);
            default -> bytes = Arrays.copyOf(bytes, bytes.length + random.nextInt(START));
        }
        return bytes;
    }

    private byte[] inserted(byte[] bytes) {
        byte[] noise = new byte[INSERTED];
        random.nextBytes(noise);
        int at = random.nextInt(bytes.length);
        byte[] longer = Arrays.copyOf(bytes, bytes.length + INSERTED);
        System.arraycopy(noise, 0, longer, at, INSERTED);
        System.arraycopy(bytes, at, longer, at + INSERTED, bytes.length - at);
        return longer;
    }

    /** A five-byte varint of almost 2^31, where protobuf may expect a length. */
    private byte[] hugeLength(byte[] bytes) {
        byte[] huge = {(byte) 0xf0, (byte) 0xff, (byte) 0xff, (byte) 0xff, 7};
        int at = random.nextInt(bytes.length);
        System.arraycopy(huge, 0, bytes, at, Math.min(huge.length, bytes.length - at));
        return bytes;
    }
}
