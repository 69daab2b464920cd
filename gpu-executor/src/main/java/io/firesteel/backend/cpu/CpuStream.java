package io.firesteel.backend.cpu;

import io.firesteel.backend.HostStream;
import io.firesteel.backend.cpu.onednn.OneDnn;

/** Runs everything at once on the calling thread, without helper threads. */
final class CpuStream extends HostStream {

    @Override
    public void enter() {
        OneDnn.useOneThread();
    }
}
