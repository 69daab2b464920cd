package io.firesteel.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GpuAddressesTest {

    /** A machine of four GPUs, by the driver's number. */
    private static final List<UUID> MACHINE = IntStream.range(0, 4).mapToObj(i -> new UUID(7, i)).toList();
    private static final IntFunction<Optional<UUID>> DRIVER = n -> n < MACHINE.size() ? Optional.of(MACHINE.get(n)) : Optional.empty();
    private static final IntFunction<Optional<UUID>> NO_LIBRARY = n -> Optional.empty();

    private static GpuAddresses process(IntFunction<Optional<UUID>> driver, String visibility, int... shown) {
        return new GpuAddresses(IntStream.of(shown).mapToObj(n -> new GpuAddresses.Gpu(MACHINE.get(n), "H200")).toList(), driver, visibility);
    }

    private static void assertRefused(GpuAddresses process, String address, String reason) {
        assertThatThrownBy(() -> process.index(address)).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("'" + address + "'").hasMessageContaining(reason).hasMessageContaining("nvidia-smi");
    }

    @Test
    void numbersAreTheDriversWhateverCudaShows() {
        assertThat(process(DRIVER, null, 0, 1, 2, 3).index("2")).isEqualTo(2);
        assertThat(process(DRIVER, "3,1", 3, 1).index("1")).isEqualTo(1);
        assertThat(process(DRIVER, "3,1", 3, 1).index("3")).isZero();
        assertThat(process(DRIVER, "GPU-" + MACHINE.get(2), 2).index("2")).isZero();
    }

    @Test
    void cudasOwnOrderMayDiffer() {
        assertThat(process(DRIVER, null, 2, 0, 1, 3).index("0")).isEqualTo(1);
    }

    @Test
    void uuidsAreTakenWithAndWithoutPrefix() {
        GpuAddresses process = process(NO_LIBRARY, "2,0", 2, 0);
        assertThat(process.index("GPU-" + MACHINE.get(0))).isEqualTo(1);
        assertThat(process.index(MACHINE.get(2).toString().toUpperCase())).isZero();
    }

    @Test
    void aHiddenDeviceIsRefused() {
        assertRefused(process(DRIVER, "3,1", 3, 1), "0", "GPU-" + MACHINE.get(0) + " is not visible");
        assertRefused(process(DRIVER, "3,1", 3, 1), "GPU-" + MACHINE.get(2), "is not visible");
    }

    @Test
    void withoutTheDriversNumbersThePlaceInTheVariableCounts() {
        assertThat(process(NO_LIBRARY, "3, 1", 3, 1).index("1")).isEqualTo(1);
        assertThat(process(NO_LIBRARY, null, 0, 1).index("1")).isEqualTo(1);
        assertRefused(process(NO_LIBRARY, "3,1", 3, 1), "0", "UUID cannot be found");
        assertRefused(process(NO_LIBRARY, null, 0, 1), "2", "UUID cannot be found");
    }

    @Test
    void withoutTheDriversNumbersDifferentModelsAreNotToldApart() {
        GpuAddresses mixed = new GpuAddresses(List.of(new GpuAddresses.Gpu(MACHINE.get(0), "H200"),
                new GpuAddresses.Gpu(MACHINE.get(1), "T4")), NO_LIBRARY, null);
        assertRefused(mixed, "0", "UUID cannot be found");
    }

    @Test
    void partsOfGpusAreTakenOnlyWhereTheyAreAllThereIs() {
        String part = "MIG-" + new UUID(9, 9);
        assertThat(process(DRIVER, part, 0).index(part)).isZero();
        assertRefused(process(DRIVER, "0", 0), part, "part of a GPU");
    }

    @Test
    void otherTextIsRefused() {
        assertRefused(process(DRIVER, null, 0), "first", "neither a number nor a UUID");
        assertRefused(process(DRIVER, null, 0), "-1", "neither a number nor a UUID");
    }
}
