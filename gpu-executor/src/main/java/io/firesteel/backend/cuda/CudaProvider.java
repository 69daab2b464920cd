package io.firesteel.backend.cuda;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backend;
import io.firesteel.backend.BackendProvider;
import io.firesteel.backend.Device;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaDevice;
import io.firesteel.backend.cuda.linkage.CudaLibraries;
import io.firesteel.backend.cuda.linkage.CudaLibraries.Library;
import io.firesteel.backend.cuda.linkage.ManagementLibrary;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** NVIDIA GPUs. Nothing is loaded before a device is asked for, and no context is made before one is opened. */
public final class CudaProvider implements BackendProvider {

    /** The provider's name. */
    public static final String NAME = "cuda";

    private static final int RANK = 200;
    private static final int OLDEST_MAJOR = 7;

    /** For {@link java.util.ServiceLoader}. */
    public CudaProvider() { }

    private record Found(String problem, List<CudaDevice> devices) { }

    /** What this process sees; it does not change while it runs. */
    private static final class Present {
        private static final Found FOUND = find();

        private static Found find() {
            Optional<String> driver = CudaLibraries.problem(Library.DRIVER);
            if (driver.isPresent()) {
                return new Found(driver.get(), List.of());
            }
            List<CudaDevice> devices;
            try {
                devices = CudaDevice.all();
            } catch (FiresteelException e) {
                return new Found(e.getMessage() + "; see that nvidia-smi lists a GPU", List.of());
            }
            List<CudaDevice> usable = devices.stream().filter(d -> d.major() >= OLDEST_MAJOR).toList();
            if (usable.isEmpty()) {
                return new Found(devices.isEmpty() ? "the NVIDIA driver shows this process no GPU: see CUDA_VISIBLE_DEVICES and nvidia-smi"
                        : "no GPU has compute capability " + OLDEST_MAJOR + ".0 or newer: " + devices.get(0).name(), List.of());
            }
            for (Library library : Library.values()) {
                Optional<String> problem = CudaLibraries.problem(library);
                if (problem.isPresent()) {
                    return new Found(problem.get(), List.of());
                }
            }
            return new Found(null, usable);
        }
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int rank() {
        return RANK;
    }

    @Override
    public Optional<String> unavailable() {
        return Optional.ofNullable(Present.FOUND.problem);
    }

    @Override
    public List<Device> devices() {
        List<Device> devices = new ArrayList<>();
        for (CudaDevice device : Present.FOUND.devices) {
            devices.add(new Device(NAME, devices.size(), device.name(), key(device), false));
        }
        return devices;
    }

    @Override
    public Optional<String> resource() {
        return Optional.of("gpu");
    }

    @Override
    public Device assigned(String address) {
        requireUsable();
        List<CudaDevice> present = Present.FOUND.devices;
        return devices().get(new GpuAddresses(present.stream().map(d -> new GpuAddresses.Gpu(d.uuid(), d.name())).toList(),
                ManagementLibrary::uuid, System.getenv(GpuAddresses.VARIABLE)).index(address));
    }

    private void requireUsable() {
        unavailable().ifPresent(reason -> {
            throw FiresteelException.device("DEVICE_MISSING", reason, null);
        });
    }

    private static String key(CudaDevice device) {
        return "cuda/" + device.name() + "/" + device.architecture() + "/driver-" + device.driver() + "/nvrtc-"
                + version(Library.NVRTC) + "/cublas-" + version(Library.CUBLAS) + "/cudnn-" + version(Library.CUDNN);
    }

    private static String version(Library library) {
        return CudaLibraries.version(library).orElse("none");
    }

    @Override
    public Backend open(Device device) {
        requireUsable();
        return new CudaBackend(device, CudaContext.open(Present.FOUND.devices.get(device.index()).uuid()));
    }
}
