package io.firesteel.spark.plugin;

import io.firesteel.FiresteelException;
import org.apache.spark.SparkEnv;

/**
 * A device was lost to this executor. Spark ends an executor in which such an error reaches it, and starts another one in its place: a
 * task's retry would find the device lost again in the old one.
 */
public final class DeviceLostError extends VirtualMachineError {

    private static final long serialVersionUID = 1;
    private static final String DRIVER = "driver";

    private DeviceLostError(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * What to throw for a failure, where it is no lost device of an executor: that ends at once. In local mode the executor is the
     * user's driver, so there the query fails and the device stays switched off.
     */
    static FiresteelException unlessLost(FiresteelException failure) {
        SparkEnv environment = SparkEnv.get();
        if (failure.isDeviceLost() && environment != null && !environment.executorId().equals(DRIVER)) {
            throw new DeviceLostError("this executor lost its device and ends, so that Spark replaces it: " + failure.getMessage(), failure);
        }
        return failure;
    }
}
