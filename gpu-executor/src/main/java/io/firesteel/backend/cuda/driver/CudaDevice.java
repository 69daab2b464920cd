package io.firesteel.backend.cuda.driver;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;

import io.firesteel.backend.cuda.linkage.CudaLibraries;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import jcuda.driver.CUdevice;
import jcuda.driver.CUuuid;
import jcuda.driver.JCudaDriver;

/**
 * A GPU that the driver shows this process.
 *
 * @param ordinal its number among those the driver shows, as {@code CUDA_VISIBLE_DEVICES} orders them
 * @param uuid which GPU it is, whatever its number
 * @param major compute capability
 * @param minor compute capability
 * @param multiprocessors how many
 * @param sharedMemoryBytes shared memory one block can ask for
 * @param cacheBytes the cache that its multiprocessors share
 * @param memoryBytes its memory
 * @param driverVersion CUDA version of the driver, 1000 * major + 10 * minor
 */
public record CudaDevice(int ordinal, UUID uuid, String name, int major, int minor, int multiprocessors, int sharedMemoryBytes,
        int cacheBytes, long memoryBytes, int driverVersion) {

    /** The architecture kernels are compiled for, with its own features where it has some: {@code sm_90a}. */
    public String architecture() {
        return "sm_" + major + minor + (major >= 9 ? "a" : "");
    }

    /** The version of CUDA the driver supports, for listings. */
    public String driver() {
        return driverVersion / 1000 + "." + driverVersion % 1000 / 10;
    }

    /** The GPUs, in the driver's order; empty where there is none. Needs {@link CudaLibraries.Library#DRIVER}. */
    public static synchronized List<CudaDevice> all() {
        CudaLibraries.require(CudaLibraries.Library.DRIVER);
        CudaStatus.check(JCudaDriver.cuInit(0), "cuInit");
        int[] version = new int[1];
        CudaStatus.check(JCudaDriver.cuDriverGetVersion(version), "cuDriverGetVersion");
        CudaLibraries.limitToolkit(version[0] / 1000);
        int[] count = new int[1];
        CudaStatus.check(JCudaDriver.cuDeviceGetCount(count), "cuDeviceGetCount");
        List<CudaDevice> devices = new ArrayList<>();
        for (int i = 0; i < count[0]; i++) {
            devices.add(describe(i, version[0]));
        }
        return List.copyOf(devices);
    }

    private static CudaDevice describe(int ordinal, int version) {
        CUdevice device = handle(ordinal);
        byte[] name = new byte[256];
        CudaStatus.check(JCudaDriver.cuDeviceGetName(name, name.length, device), "cuDeviceGetName");
        int length = 0;
        while (length < name.length && name[length] != 0) {
            length++;
        }
        CUuuid uuid = new CUuuid();
        CudaStatus.check(JCudaDriver.cuDeviceGetUuid(uuid, device), "cuDeviceGetUuid");
        ByteBuffer bits = ByteBuffer.wrap(uuid.bytes);
        long[] memory = new long[1];
        CudaStatus.check(JCudaDriver.cuDeviceTotalMem(memory, device), "cuDeviceTotalMem");
        return new CudaDevice(ordinal, new UUID(bits.getLong(), bits.getLong()), new String(name, 0, length, StandardCharsets.UTF_8),
                attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
                attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
                attribute(device, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
                attribute(device, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN),
                attribute(device, CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE), memory[0], version);
    }

    static CUdevice handle(int ordinal) {
        CUdevice device = new CUdevice();
        CudaStatus.check(JCudaDriver.cuDeviceGet(device, ordinal), "cuDeviceGet");
        return device;
    }

    private static int attribute(CUdevice device, int attribute) {
        int[] value = new int[1];
        CudaStatus.check(JCudaDriver.cuDeviceGetAttribute(value, attribute, device), "cuDeviceGetAttribute");
        return value[0];
    }
}
