package io.firesteel.backend;

/** The order of a tensor's elements in memory; axes are named N, C, spatial... in ONNX order whatever the format. */
public enum TensorFormat {
    /** Row-major. */
    LINEAR(0),
    /** Channels innermost: N, spatial..., C. Rank 3 and above. */
    HWC(0),
    /** Blocked channels: N, ceil(C / 8), spatial..., 8; the last block is padded with zeros. Rank 3 and above. */
    CHW8(8),
    /** Blocked channels: N, ceil(C / 16), spatial..., 16; the last block is padded with zeros. Rank 3 and above. */
    CHW16(16);

    private final int block;

    TensorFormat(int block) {
        this.block = block;
    }

    /** Channels in one block, or 0 where channels are not blocked. */
    public int block() {
        return block;
    }

    /** Whether channels are blocked. */
    public boolean isBlocked() {
        return block > 0;
    }
}
