package io.firesteel.backend.cuda.driver;

import io.firesteel.backend.Launch;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.JCudaDriver;

/** A function on the device. Its module stays loaded while the context is open. */
public final class CudaFunction {

    private static final int SHARED_WITHOUT_ASKING = 48 << 10;
    private static final int PORTABLE_CLUSTER = 8;

    private final String name;
    private final Handle handle;
    private final boolean overlaps;

    /** A handle whose address can be given to calls that JCuda does not have. */
    static final class Handle extends CUfunction {
        long address() {
            return getNativePointer();
        }
    }

    /** @param overlaps whether it waits itself for the kernel before it; see {@link Overlap} */
    CudaFunction(String name, Handle handle, boolean overlaps) {
        this.name = name;
        this.handle = handle;
        this.overlaps = overlaps;
    }

    /** Its name in the source. */
    public String name() {
        return name;
    }

    /** An attribute of {@link CUfunction_attribute}, such as the number of registers. */
    public int attribute(int attribute) {
        int[] value = new int[1];
        CudaStatus.check(JCudaDriver.cuFuncGetAttribute(value, attribute, handle), "cuFuncGetAttribute");
        return value[0];
    }

    /**
     * Prepares launches with fixed arguments; running one allocates nothing. Closing it frees the arguments.
     *
     * @param grid blocks along x, y and z; trailing ones may be left out
     * @param block threads along x, y and z; trailing ones may be left out
     * @param sharedBytes dynamic shared memory of a block
     * @param arguments taken over: closed with the launch
     */
    public Launch bind(CudaStream stream, int[] grid, int[] block, int sharedBytes, KernelArguments arguments) {
        if (sharedBytes > SHARED_WITHOUT_ASKING) {
            CudaStatus.check(JCudaDriver.cuFuncSetAttribute(handle,
                    CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, sharedBytes), "cuFuncSetAttribute");
        }
        if (attribute(CUfunction_attribute.CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH) > PORTABLE_CLUSTER) {
            CudaStatus.check(JCudaDriver.cuFuncSetAttribute(handle,
                    CUfunction_attribute.CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED, 1), "cuFuncSetAttribute");
        }
        return new Bound(stream, size(grid, 0), size(grid, 1), size(grid, 2), size(block, 0), size(block, 1), size(block, 2),
                sharedBytes, arguments);
    }

    private static int size(int[] sizes, int axis) {
        return axis < sizes.length ? sizes[axis] : 1;
    }

    private final class Bound implements Launch {
        private final CudaStream stream;
        private final int gridX;
        private final int gridY;
        private final int gridZ;
        private final int blockX;
        private final int blockY;
        private final int blockZ;
        private final int sharedBytes;
        private final KernelArguments arguments;

        Bound(CudaStream stream, int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ, int sharedBytes,
                KernelArguments arguments) {
            this.stream = stream;
            this.gridX = gridX;
            this.gridY = gridY;
            this.gridZ = gridZ;
            this.blockX = blockX;
            this.blockY = blockY;
            this.blockZ = blockZ;
            this.sharedBytes = sharedBytes;
            this.arguments = arguments;
        }

        @Override
        public void run() {
            int status = overlaps && stream.recordsAfterKernel()
                    ? Overlap.launch(handle.address(), new int[] {gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes},
                            stream.address(), arguments.address())
                    : JCudaDriver.cuLaunchKernel(handle, gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes, stream.handle(),
                            arguments.pointers(), null);
            CudaStatus.check(status, name);
            stream.launched();
        }

        @Override
        public void close() {
            arguments.close();
        }
    }
}
