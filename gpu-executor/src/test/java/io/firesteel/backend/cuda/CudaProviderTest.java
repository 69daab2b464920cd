package io.firesteel.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.backend.Backends;
import org.junit.jupiter.api.Test;

class CudaProviderTest {

    @Test
    void eitherHasDevicesOrSaysWhatIsMissing() {
        CudaProvider provider = new CudaProvider();

        if (provider.unavailable().isPresent()) {
            assertThat(provider.devices()).isEmpty();
            assertThat(provider.unavailable().get()).doesNotContain("\n").containsAnyOf("install", "see", "GPU");
            assertThat(Backends.device("auto").backend()).isNotEqualTo(CudaProvider.NAME);
        } else {
            assertThat(provider.devices()).isNotEmpty().allSatisfy(d -> assertThat(d.hostMemory()).isFalse());
            assertThat(Backends.device("auto").label()).isEqualTo("cuda:0");
        }
    }
}
