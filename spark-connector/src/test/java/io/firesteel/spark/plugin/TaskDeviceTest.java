package io.firesteel.spark.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backend;
import io.firesteel.backend.BackendProvider;
import io.firesteel.backend.Backends;
import io.firesteel.backend.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TaskDeviceTest {

    /** A machine with GPUs whose addresses are {@code a}, {@code b}, and so on. */
    private record Gpus(int count, String problem) implements BackendProvider {

        @Override
        public String name() {
            return "cuda";
        }

        @Override
        public int rank() {
            return 1000;
        }

        @Override
        public Optional<String> unavailable() {
            return Optional.ofNullable(problem);
        }

        @Override
        public List<Device> devices() {
            return IntStream.range(0, count).mapToObj(i -> new Device("cuda", i, "GPU", "gpu", false)).toList();
        }

        @Override
        public Optional<String> resource() {
            return Optional.of("gpu");
        }

        @Override
        public Device assigned(String address) {
            int index = address.charAt(0) - 'a';
            if (index >= count) {
                throw FiresteelException.device("DEVICE_MISSING", "the assigned GPU '" + address + "' cannot be used", null);
            }
            return devices().get(index);
        }

        @Override
        public Backend open(Device device) {
            throw new IllegalStateException("nothing is opened here");
        }
    }

    private static String choose(String label, BackendProvider gpus, String... addresses) {
        List<BackendProvider> providers = new ArrayList<>(List.of(gpus));
        providers.addAll(Backends.providers());
        Function<String, List<String>> assigned = Map.of("gpu", List.of(addresses))::get;
        return TaskDevice.of(label, providers, assigned, device -> 0).label();
    }

    @Test
    void aTaskComputesOnTheDeviceItWasAssigned() {
        assertThat(choose("auto", new Gpus(4, null), "c")).isEqualTo("cuda:2");
        assertThat(choose("cuda", new Gpus(4, null), "b", "a")).isEqualTo("cuda:1");
        assertThat(choose("cuda:3", new Gpus(4, null), "a", "d")).isEqualTo("cuda:3");
    }

    @Test
    void noOtherDeviceTakesItsPlace() {
        assertThatThrownBy(() -> choose("auto", new Gpus(2, null), "c")).hasMessageContaining("'c' cannot be used");
        assertThatThrownBy(() -> choose("cuda:0", new Gpus(4, null), "b", "c"))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("'cuda:0' is not among those Spark assigned the task: [b, c]");
        assertThatThrownBy(() -> choose("cuda", new Gpus(0, "no driver"), "a")).hasMessageContaining("no driver");
    }

    @Test
    void withoutUsableGpusAutoTakesWhatThereIs() {
        assertThat(choose("auto", new Gpus(0, "no driver"), "a")).isEqualTo(Backends.device("auto").label());
    }

    @Test
    void aProcessorIsTakenWhateverWasAssigned() {
        assertThat(choose("reference", new Gpus(4, null), "c")).isEqualTo("reference");
    }

    @Test
    void withoutAddressesTasksSpread() {
        int[] users = {2, 1, 1};
        assertThat(TaskDevice.of("auto", List.of(new Gpus(3, null)), resource -> List.of(), device -> users[device.index()]).label())
                .isEqualTo("cuda:1");
        assertThat(TaskDevice.of("cuda:0", List.of(new Gpus(3, null)), resource -> List.of(), device -> users[device.index()]).label())
                .isEqualTo("cuda:0");
    }
}
