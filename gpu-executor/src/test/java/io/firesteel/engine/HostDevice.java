package io.firesteel.engine;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Backends;
import io.firesteel.backend.Device;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Stream;
import io.firesteel.backend.TensorLayout;
import io.firesteel.plan.Precision;

/** The host's evaluator as a device whose behaviour a test changes in one point. */
class HostDevice implements Backend {

    private final Backend host = Backends.open(Backends.device("reference"));

    @Override
    public Device device() {
        return host.device();
    }

    @Override
    public Precision precision(Precision permitted) {
        return host.precision(permitted);
    }

    @Override
    public Offer offer(Layer layer) {
        return host.offer(layer);
    }

    @Override
    public Kernel reorder(TensorLayout from, TensorLayout to) {
        return host.reorder(from, to);
    }

    @Override
    public Stream openStream() {
        return host.openStream();
    }

    @Override
    public Memory allocate(long bytes, MemoryUse use) {
        return host.allocate(bytes, use);
    }

    @Override
    public Memory allocateHost(long bytes) {
        return host.allocateHost(bytes);
    }

    @Override
    public void close() { }
}
