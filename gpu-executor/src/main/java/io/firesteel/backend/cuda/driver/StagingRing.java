package io.firesteel.backend.cuda.driver;

import io.firesteel.memory.NativeMemory;
import java.nio.ByteBuffer;
import jcuda.driver.JCudaDriver;

/**
 * Pinned pieces through which pageable host memory is copied: while the GPU copies one piece, the host fills or empties another. Made
 * when first used.
 */
final class StagingRing implements AutoCloseable {

    private static final int PIECES = 4;
    private static final int PIECE_BYTES = 4 << 20;

    private static final class Piece {
        private final long address;
        private final CudaEvent done = CudaEvent.waiting();
        private boolean busy;
        private ByteBuffer owner;
        private long target;
        private int bytes;

        Piece(long address) {
            this.address = address;
        }

        /** Waits for its copy, and hands over what came from the device. */
        void finish() {
            if (busy) {
                done.synchronize();
                if (owner != null) {
                    NativeMemory.copy(address, target, bytes);
                    owner = null;
                }
                busy = false;
            }
        }
    }

    private final CudaStream stream;
    private PinnedMemory memory;
    private Piece[] pieces;
    private int next;

    StagingRing(CudaStream stream) {
        this.stream = stream;
    }

    void copyIn(long source, long device, long bytes) {
        for (long at = 0; at < bytes; at += PIECE_BYTES) {
            Piece piece = take();
            int length = (int) Math.min(PIECE_BYTES, bytes - at);
            NativeMemory.copy(source + at, piece.address, length);
            CudaStatus.check(JCudaDriver.cuMemcpyHtoDAsync(Addresses.device(device + at), Addresses.pointer(piece.address), length,
                    stream.handle()), "cuMemcpyHtoDAsync");
            release(piece);
        }
    }

    /** @param owner kept reachable until the bytes have been written to {@code target} */
    void copyOut(long device, ByteBuffer owner, long target) {
        long bytes = owner.remaining();
        for (long at = 0; at < bytes; at += PIECE_BYTES) {
            Piece piece = take();
            piece.owner = owner;
            piece.target = target + at;
            piece.bytes = (int) Math.min(PIECE_BYTES, bytes - at);
            CudaStatus.check(JCudaDriver.cuMemcpyDtoHAsync(Addresses.pointer(piece.address), Addresses.device(device + at), piece.bytes,
                    stream.handle()), "cuMemcpyDtoHAsync");
            release(piece);
        }
    }

    /** Waits for all copies, oldest first. */
    void flush() {
        if (pieces != null) {
            for (int i = 0; i < PIECES; i++) {
                pieces[(next + i) % PIECES].finish();
            }
        }
    }

    private Piece take() {
        if (pieces == null) {
            memory = stream.context().allocatePinned((long) PIECES * PIECE_BYTES);
            pieces = new Piece[PIECES];
            for (int i = 0; i < PIECES; i++) {
                pieces[i] = new Piece(memory.address() + (long) i * PIECE_BYTES);
            }
        }
        Piece piece = pieces[next];
        next = (next + 1) % PIECES;
        piece.finish();
        return piece;
    }

    private void release(Piece piece) {
        piece.done.record(stream);
        piece.busy = true;
    }

    @Override
    public void close() {
        if (pieces != null) {
            for (Piece piece : pieces) {
                piece.owner = null;
                piece.finish();
                piece.done.close();
            }
            memory.close();
        }
    }
}
