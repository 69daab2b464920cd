package io.firesteel.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Stream;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.reference.HostTensors;
import io.firesteel.backend.reference.ReferenceProvider;
import io.firesteel.memory.NativeMemory;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Conversions on the device against those of the reference backend. */
@Tag("gpu")
class ReorderKernelTest {

    private static Backend cuda;
    private static Backend reference;

    @BeforeAll
    static void open() {
        CudaProvider provider = new CudaProvider();
        assertThat(provider.unavailable()).isEmpty();
        cuda = provider.open(provider.devices().get(0));
        reference = new ReferenceProvider().open(new ReferenceProvider().devices().get(0));
    }

    @AfterAll
    static void close() {
        cuda.close();
    }

    @Test
    void formatsAndTypes() {
        List<TensorLayout> from = new ArrayList<>();
        for (long[] sizes : new long[][] {{2, 3, 17, 9}, {3, 64, 7, 7}, {1, 33, 40}, {2, 5, 3, 4, 6}, {4, 16, 1, 1}}) {
            for (TensorFormat format : List.of(TensorFormat.LINEAR, TensorFormat.HWC)) {
                from.add(TensorLayout.of(TensorType.of(DataType.FLOAT32, sizes), format));
            }
        }
        for (TensorLayout source : from) {
            for (TensorFormat format : List.of(TensorFormat.LINEAR, TensorFormat.HWC)) {
                for (DataType type : List.of(DataType.FLOAT32, DataType.FLOAT16, DataType.BFLOAT16, DataType.INT8, DataType.INT64)) {
                    TensorLayout target = TensorLayout.of(source.type().withDataType(type), format);
                    check(source, target);
                    check(target, source);
                }
            }
        }
    }

    @Test
    void slices() {
        for (TensorFormat format : List.of(TensorFormat.LINEAR, TensorFormat.HWC)) {
            for (TensorFormat other : List.of(TensorFormat.LINEAR, TensorFormat.HWC)) {
                TensorLayout part = TensorLayout.of(TensorType.of(DataType.FLOAT32, 2, 12, 5, 6), format).within(20);
                TensorLayout whole = TensorLayout.of(TensorType.of(DataType.FLOAT16, 2, 12, 5, 6), other);
                check(part, whole);
                check(whole, part);
            }
        }
    }

    @Test
    void slicesOfOneTypeMoveAsWords() {
        for (DataType type : List.of(DataType.FLOAT16, DataType.FLOAT32, DataType.INT8)) {
            for (long channels : new long[] {16, 12, 6, 5}) {
                TensorLayout part = TensorLayout.of(TensorType.of(type, 2, channels, 5, 6), TensorFormat.HWC);
                check(part.within(48), part.within(32));
                check(part.within(24), part);
                check(part, part.within(17));
            }
        }
    }

    private static long span(TensorLayout layout) {
        return layout.withFormat(layout.format()).bytes() / layout.sizes()[1] * layout.parentChannels();
    }

    private static void check(TensorLayout from, TensorLayout to) {
        long fromBytes = span(from);
        long toBytes = span(to);
        Random random = new Random(fromBytes);
        try (NativeMemory source = NativeMemory.allocate(fromBytes); NativeMemory expected = NativeMemory.allocate(toBytes);
                NativeMemory actual = NativeMemory.allocate(toBytes); Memory deviceSource = cuda.allocate(fromBytes, Backend.MemoryUse.ARENA);
                Memory deviceTarget = cuda.allocate(toBytes, Backend.MemoryUse.ARENA); Stream stream = cuda.openStream()) {
            Tensor values = HostTensors.view(
                    TensorType.of(from.dataType(), fromBytes / from.dataType().bytes()), source.address());
            for (long i = 0; i < values.elements(); i++) {
                values.setDouble(i, random.nextInt(100) + (from.dataType().isFloatingPoint() ? random.nextFloat() : 0));
            }
            NativeMemory.clear(expected.address(), toBytes);
            run(reference.reorder(from, to), reference.openStream(), source.address(), expected.address());
            stream.enter();
            stream.clear(deviceTarget.address(), toBytes);
            stream.copyIn(NativeMemory.view(source.address(), (int) fromBytes), deviceSource.address());
            run(cuda.reorder(from, to), stream, deviceSource.address(), deviceTarget.address());
            stream.copyOut(deviceTarget.address(), NativeMemory.view(actual.address(), (int) toBytes));
            stream.synchronize();
            assertThat(NativeMemory.view(actual.address(), (int) toBytes)).as(from + " to " + to)
                    .isEqualTo(NativeMemory.view(expected.address(), (int) toBytes));
        }
    }

    private static void run(Kernel kernel, Stream stream, long source, long target) {
        try (kernel; Launch launch = kernel.bind(stream, new long[] {source}, new long[] {target}, 0)) {
            launch.run();
            stream.synchronize();
        }
    }
}
