package io.firesteel.memory;

import io.firesteel.backend.Launch;
import io.firesteel.backend.Stream;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.List;

/** The stream of a device that computes in host memory: everything runs at once on the calling thread. */
public class HostStream implements Stream {

    @Override
    public void enter() { }

    @Override
    public void copyIn(ByteBuffer host, long device) {
        NativeMemory.copy(NativeMemory.addressOf(host), device, host.remaining());
        Reference.reachabilityFence(host);
    }

    @Override
    public void copyOut(long device, ByteBuffer host) {
        NativeMemory.copy(device, NativeMemory.addressOf(host), host.remaining());
        Reference.reachabilityFence(host);
    }

    @Override
    public void copy(long source, long target, long bytes) {
        NativeMemory.copy(source, target, bytes);
    }

    @Override
    public void clear(long device, long bytes) {
        NativeMemory.clear(device, bytes);
    }

    @Override
    public Launch sequence(List<Launch> launches) {
        Launch[] all = launches.toArray(Launch[]::new);
        return () -> {
            for (Launch launch : all) {
                launch.run();
            }
        };
    }

    @Override
    public void synchronize() { }

    @Override
    public void close() { }
}
