package io.firesteel.backend.cuda.driver;

import io.firesteel.FiresteelException;
import java.util.Optional;
import java.util.Set;
import jcuda.driver.CUresult;

/** Turns status codes into exceptions. */
public final class CudaStatus {

    private static final int SUCCESS = CUresult.CUDA_SUCCESS;
    private static final Set<Integer> OUT_OF_MEMORY = Set.of(CUresult.CUDA_ERROR_OUT_OF_MEMORY);
    /** After these nothing in the process can use the device any more. */
    private static final Set<Integer> STICKY = Set.of(CUresult.CUDA_ERROR_ECC_UNCORRECTABLE, CUresult.CUDA_ERROR_NVLINK_UNCORRECTABLE,
            CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, CUresult.CUDA_ERROR_LAUNCH_TIMEOUT, CUresult.CUDA_ERROR_ASSERT,
            CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR, CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
            CUresult.CUDA_ERROR_MISALIGNED_ADDRESS, CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE, CUresult.CUDA_ERROR_INVALID_PC,
            CUresult.CUDA_ERROR_LAUNCH_FAILED, CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED);

    private CudaStatus() { }

    /**
     * Fails unless a call of the driver succeeded.
     *
     * @param status its result
     * @param call what was called, for the message
     * @throws FiresteelException of kind RESOURCE where memory ran out, {@link FiresteelException#isDeviceLost} where the context is
     *         unusable from now on, else kind DEVICE
     */
    public static void check(int status, String call) {
        if (status != SUCCESS) {
            throw failure(status, call);
        }
    }

    /** Why the context is unusable where a status says that it is, in one line; empty where it does not say so. */
    static Optional<String> sticky(int status, String call) {
        return STICKY.contains(status) ? Optional.of(unusable(CUresult.stringFor(status) + " (" + status + ") from " + call))
                : Optional.empty();
    }

    /**
     * Fails unless a call that releases something succeeded, or the context is unusable: then there is nothing left to release.
     *
     * @param status its result
     * @param call what was called, for the message
     */
    static void checkRelease(int status, String call) {
        if (!STICKY.contains(status)) {
            check(status, call);
        }
    }

    private static String unusable(String name) {
        return "the GPU context of this process is unusable: " + name + "; restart the process";
    }

    private static FiresteelException failure(int status, String call) {
        String name = CUresult.stringFor(status) + " (" + status + ") from " + call;
        if (OUT_OF_MEMORY.contains(status)) {
            return FiresteelException.resource("CUDA_OUT_OF_MEMORY", "the GPU has no memory left: " + name
                    + "; run smaller batches, fewer sessions, or free memory of other processes");
        }
        if (STICKY.contains(status)) {
            return FiresteelException.deviceLost(unusable(name), null);
        }
        return FiresteelException.device("CUDA_ERROR", "a call of the CUDA driver failed: " + name, null);
    }
}
