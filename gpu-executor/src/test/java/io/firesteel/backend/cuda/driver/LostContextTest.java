package io.firesteel.backend.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backend;
import io.firesteel.backend.Backends;
import io.firesteel.backend.Device;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Memory;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A kernel that writes where it must not, in a process of its own: the context is of no use afterwards. */
@Tag("gpu")
class LostContextTest {

    private static final String SOURCE = "extern \"C\" __global__ void stray(long long address) { *(volatile int*) address = 1; }";
    private static final String FOUND = "lost: ";

    @Test
    void anIllegalAccessIsFoundAndTheMemoryLetGo() throws Exception {
        Process process = new ProcessBuilder(System.getProperty("java.home") + "/bin/java", "--add-opens=java.base/java.nio=ALL-UNNAMED",
                "-cp", System.getProperty("java.class.path"), Stray.class.getName()).redirectErrorStream(true).start();
        try (InputStream output = process.getInputStream()) {
            String text = new String(output.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(text).isZero();
            assertThat(text).contains(FOUND + "the GPU context of this process is unusable").contains("CUDA_ERROR_ILLEGAL_ADDRESS");
        }
    }

    /** The process. */
    static final class Stray {

        private Stray() { }

        /** Prints what the backend says of its device after the access. */
        public static void main(String[] arguments) {
            Device device = Backends.device("cuda");
            Backend backend = Backends.open(device);
            CudaContext context = CudaContext.open(CudaDevice.all().get(0).uuid());
            Optional<String> before = backend.failure();
            try (Memory memory = backend.allocate(1 << 20, Backend.MemoryUse.ARENA); Memory pinned = backend.allocateHost(1 << 20);
                    CudaStream stream = context.openStream();
                    Launch launch = context.compile("stray", SOURCE).function("stray")
                            .bind(stream, new int[] {1}, new int[] {1}, 0, new KernelArguments().pointer(16))) {
                launch.run();
                stream.synchronize();
            } catch (FiresteelException e) {
                System.out.println((before.isEmpty() && e.isDeviceLost() ? FOUND : "") + backend.failure().orElse("nothing"));
            }
        }
    }
}
