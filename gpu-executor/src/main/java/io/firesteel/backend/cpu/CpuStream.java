package io.firesteel.backend.cpu;

import io.firesteel.backend.cpu.onednn.OneDnn;
import io.firesteel.memory.HostStream;

/** Runs everything at once on the calling thread, without helper threads. */
final class CpuStream extends HostStream {

    @Override
    public void enter() {
        OneDnn.useOneThread();
    }
}
