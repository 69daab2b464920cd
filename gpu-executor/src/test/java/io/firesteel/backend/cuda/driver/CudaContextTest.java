package io.firesteel.backend.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Launch;
import io.firesteel.memory.NativeMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("gpu")
class CudaContextTest {

    private static final String SOURCE = """
            extern "C" __global__ void scale(float* x, float by, int n) {
                int i = blockIdx.x * blockDim.x + threadIdx.x;
                if (i < n) x[i] = x[i] * by;
            }
            """;

    private static CudaContext context;

    @BeforeAll
    static void open() {
        context = CudaContext.open(CudaDevice.all().get(0).uuid());
    }

    @AfterAll
    static void close() {
        context.close();
    }

    @Test
    void launchesRunOneByOneThenAsAGraph() {
        int count = 3_000_000;
        ByteBuffer host = ByteBuffer.allocateDirect(count * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            host.putFloat(i * 4, i % 1000);
        }
        CudaFunction scale = context.compile("scale", SOURCE).function("scale");
        try (CudaStream stream = context.openStream(); DeviceMemory memory = context.allocate(count * 4L);
                Launch twice = scale.bind(stream, new int[] {(count + 255) / 256}, new int[] {256}, 0,
                        new KernelArguments().pointer(memory.address()).float32(2).int32(count));
                Launch sequence = stream.sequence(List.of(twice, twice))) {
            stream.enter();
            stream.copyIn(host, memory.address());
            for (int run = 0; run < 3; run++) {
                sequence.run();
            }
            ByteBuffer result = ByteBuffer.allocateDirect(count * 4).order(ByteOrder.LITTLE_ENDIAN);
            stream.copyOut(memory.address(), result);
            stream.synchronize();
            for (int i = 0; i < count; i++) {
                assertThat(result.getFloat(i * 4)).isEqualTo(i % 1000 * 64f);
            }
        }
    }

    @Test
    void recordedKernelsSeeWhatTheOnesBeforeThemWrote() {
        int count = 1 << 20;
        CudaFunction shift = context.compile("shift", """
                extern "C" __global__ void shift(const float* from, float* to, int by, int n) {
                    int i = blockIdx.x * blockDim.x + threadIdx.x;
                    if (i < n) to[i] = from[(i + by) % n] + 1;
                }
                """).function("shift");
        try (CudaStream stream = context.openStream(); DeviceMemory a = context.allocate(count * 4L); DeviceMemory b = context.allocate(count * 4L)) {
            stream.enter();
            List<Launch> launches = new ArrayList<>();
            launches.add(() -> stream.clear(a.address(), count * 4L));
            for (int i = 0; i < 20; i++) {
                launches.add(shift(shift, stream, a.address(), b.address(), 4 * i + 1, count));
                if (i == 10) {
                    launches.add(() -> stream.copy(b.address(), a.address(), count * 4L));
                } else {
                    launches.add(shift(shift, stream, b.address(), a.address(), count / 2 + i, count));
                }
            }
            ByteBuffer result = ByteBuffer.allocateDirect(count * 4).order(ByteOrder.LITTLE_ENDIAN);
            try (Launch sequence = stream.sequence(launches)) {
                for (int run = 0; run < 4; run++) {
                    sequence.run();
                    stream.copyOut(a.address(), result);
                    stream.synchronize();
                    for (int i = 0; i < count; i++) {
                        assertThat(result.getFloat(i * 4)).isEqualTo(39f);
                    }
                }
            } finally {
                launches.forEach(Launch::close);
            }
        }
    }

    private static Launch shift(CudaFunction function, CudaStream stream, long from, long to, int by, int count) {
        return function.bind(stream, new int[] {(count + 255) / 256}, new int[] {256}, 0,
                new KernelArguments().pointer(from).pointer(to).int32(by).int32(count));
    }

    @Test
    void pinnedMemoryIsCopiedDirectly() {
        try (PinnedMemory host = context.allocatePinned(4096); CudaStream stream = context.openStream();
                DeviceMemory memory = context.allocate(4096)) {
            stream.enter();
            host.view(0, 4096).putInt(0, 4711);
            stream.copyIn(host.view(0, 2048), memory.address());
            stream.copyOut(memory.address(), host.view(2048, 2048));
            stream.synchronize();
            assertThat(context.isPinned(host.address() + 2048, 2048)).isTrue();
            assertThat(context.isPinned(host.address() + 2048, 2049)).isFalse();
            assertThat(host.view(2048, 4).getInt(0)).isEqualTo(4711);
        }
    }

    @Test
    void uploadAndClear() {
        try (DeviceMemory memory = context.allocate(8); NativeMemory host = NativeMemory.allocate(8);
                CudaStream stream = context.openStream()) {
            NativeMemory.view(host.address(), 8).putLong(0, -1);
            context.upload(host.address(), memory.address(), 8);
            stream.enter();
            stream.clear(memory.address() + 4, 4);
            stream.copyOut(memory.address(), NativeMemory.view(host.address(), 8));
            stream.synchronize();
            assertThat(NativeMemory.view(host.address(), 8).getLong(0)).isEqualTo(0xffffffffL);
        }
    }

    @Test
    void tooMuchMemoryIsAResourceError() {
        assertThatThrownBy(() -> context.allocate(1L << 50)).isInstanceOf(FiresteelException.class)
                .satisfies(e -> assertThat(((FiresteelException) e).kind()).isEqualTo(FiresteelException.Kind.RESOURCE))
                .hasMessageContaining("CUDA_ERROR_OUT_OF_MEMORY");
    }

    @Test
    void sourcesThatDoNotCompileSayWhere() {
        assertThatThrownBy(() -> context.compile("broken", "extern \"C\" __global__ void f() { nonsense; }"))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("broken.cu(1)").hasMessageContaining("nonsense");
    }
}
