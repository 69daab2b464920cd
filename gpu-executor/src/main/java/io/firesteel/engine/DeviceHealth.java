package io.firesteel.engine;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backend;
import io.firesteel.backend.Backends;

/** Finds out whether a failure means that this process has lost its device, and switches it off then. */
record DeviceHealth(Backend backend) {

    private static final System.Logger LOG = System.getLogger(DeviceHealth.class.getName());

    /**
     * A failure as it is to be thrown: a library may say of a lost device only that it failed.
     *
     * @param failure what a call of the device threw
     */
    FiresteelException diagnosed(FiresteelException failure) {
        if (failure.isDeviceLost()) {
            return off(failure, failure.getMessage());
        }
        if (failure.kind() != FiresteelException.Kind.DEVICE) {
            return failure;
        }
        return backend.failure().map(reason -> off(FiresteelException.deviceLost(reason + " (first seen as: " + failure.getMessage() + ")",
                failure), reason)).orElse(failure);
    }

    private FiresteelException off(FiresteelException failure, String reason) {
        if (!Backends.isOff(backend.device())) {
            Backends.switchOff(backend.device(), reason);
            LOG.log(System.Logger.Level.ERROR, "device " + backend.device() + " is lost and switched off: " + reason);
        }
        return failure;
    }
}
