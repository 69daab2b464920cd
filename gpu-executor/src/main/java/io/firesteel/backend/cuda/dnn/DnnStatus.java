package io.firesteel.backend.cuda.dnn;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Tactic;
import jcuda.jcudnn.JCudnn;

/** What cuDNN's status codes mean: thousands are categories, as in its public header. */
final class DnnStatus {

    /** Code of the exception where cuDNN cannot compute something that is well-formed. */
    static final String UNSUPPORTED = Tactic.UNSUPPORTED;

    private static final int NOT_SUPPORTED = 3000;
    private static final int INTERNAL_ERROR = 4000;
    private static final int HOST_ALLOCATION_FAILED = 4003;
    private static final int DEVICE_ALLOCATION_FAILED = 4004;
    private static final int EXECUTION_FAILED = 5000;

    private DnnStatus() { }

    static void check(int status, String what) {
        if (status == 0) {
            return;
        }
        String message = "cuDNN could not " + what + ": " + JCudnn.cudnnGetErrorString(status) + " (" + status + ")";
        if (status == HOST_ALLOCATION_FAILED || status == DEVICE_ALLOCATION_FAILED) {
            throw FiresteelException.resource("CUDNN_MEMORY", message);
        }
        if (status >= NOT_SUPPORTED && status < INTERNAL_ERROR) {
            throw FiresteelException.device(UNSUPPORTED, message, null);
        }
        if (status >= EXECUTION_FAILED) {
            throw FiresteelException.device("CUDNN_EXECUTION", message, null);
        }
        throw FiresteelException.internal(message, null);
    }
}
