package io.firesteel.backend.cuda.driver;

import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;

/** Addresses as JCuda's pointers, and back. */
public final class Addresses {

    private Addresses() { }

    /** A pointer to native host memory, or to device memory where a call takes either. */
    public static Pointer pointer(long address) {
        return new Native(address);
    }

    /** A pointer to device memory. */
    public static CUdeviceptr device(long address) {
        return new Device(address);
    }

    /** Receives an address from a call. */
    static final class Result extends CUdeviceptr {
        long address() {
            return getNativePointer() + getByteOffset();
        }
    }

    /** Receives a host address from a call. */
    static final class HostResult extends Pointer {
        long address() {
            return getNativePointer() + getByteOffset();
        }
    }

    private static final class Native extends Pointer {
        Native(long address) {
            super(address);
        }
    }

    private static final class Device extends CUdeviceptr {
        Device(long address) {
            super(new CUdeviceptr(), address);
        }
    }
}
