package io.firesteel.spark.testing;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backend;
import io.firesteel.backend.BackendProvider;
import io.firesteel.backend.Backends;
import io.firesteel.backend.Device;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Stream;
import io.firesteel.backend.TensorLayout;
import io.firesteel.plan.Precision;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Devices that compute on the host and fail as a GPU does after an illegal access: from the moment one finds a trap set, all that this
 * process asks of it fails. There are some where {@link #FOLDER} names a folder; in it a device leaves a file when it is opened.
 */
public final class FaultyDevices implements BackendProvider {

    /** The system property of the folder. */
    public static final String FOLDER = "firesteel.test.faulty";

    /** The name of the trap's file in the folder. */
    public static final String TRAP = "trap";

    private static final int COUNT = 3;

    private static Path folder() {
        return Path.of(System.getProperty(FOLDER));
    }

    @Override
    public String name() {
        return "faulty";
    }

    @Override
    public int rank() {
        return 1000;
    }

    @Override
    public Optional<String> unavailable() {
        return System.getProperty(FOLDER) == null ? Optional.of(FOLDER + " is not set") : Optional.empty();
    }

    @Override
    public List<Device> devices() {
        return IntStream.range(0, COUNT).mapToObj(i -> new Device(name(), i, "faulty", "faulty", false)).toList();
    }

    @Override
    public Optional<String> resource() {
        return Optional.of("gpu");
    }

    @Override
    public Device assigned(String address) {
        return devices().get(Integer.parseInt(address));
    }

    @Override
    public Backend open(Device device) {
        try {
            Files.createTempFile(folder(), "opened-" + device.index() + "-", "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Faulty(device, Backends.open(Backends.device("reference")));
    }

    private static final class Faulty implements Backend {
        private final Device device;
        private final Backend host;
        private volatile boolean lost;

        Faulty(Device device, Backend host) {
            this.device = device;
            this.host = host;
        }

        private void step() {
            try {
                lost |= Files.deleteIfExists(folder().resolve(TRAP));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            if (lost) {
                throw FiresteelException.device("CUDA_ERROR", "a library's call failed: EXECUTION_FAILED", null);
            }
        }

        @Override
        public Optional<String> failure() {
            return lost ? Optional.of("an illegal memory access was encountered") : Optional.empty();
        }

        @Override
        public Device device() {
            return device;
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
        public Memory allocate(long bytes, MemoryUse use) {
            return host.allocate(bytes, use);
        }

        @Override
        public Memory allocateHost(long bytes) {
            return host.allocateHost(bytes);
        }

        @Override
        public Stream openStream() {
            Stream stream = host.openStream();
            return new Stream() {
                @Override
                public void enter() {
                    stream.enter();
                }

                @Override
                public void copyIn(ByteBuffer source, long target) {
                    stream.copyIn(source, target);
                }

                @Override
                public void copyOut(long source, ByteBuffer target) {
                    stream.copyOut(source, target);
                }

                @Override
                public void copy(long source, long target, long bytes) {
                    stream.copy(source, target, bytes);
                }

                @Override
                public void clear(long address, long bytes) {
                    stream.clear(address, bytes);
                }

                @Override
                public Launch sequence(List<Launch> launches) {
                    return stream.sequence(launches);
                }

                @Override
                public void synchronize() {
                    stream.synchronize();
                    step();
                }

                @Override
                public void close() {
                    stream.close();
                }
            };
        }

        @Override
        public void close() { }
    }
}
