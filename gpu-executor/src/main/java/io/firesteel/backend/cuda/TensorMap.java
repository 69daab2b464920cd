package io.firesteel.backend.cuda;

import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.backend.cuda.driver.DeviceMemory;
import io.firesteel.backend.cuda.driver.KernelArguments;
import java.nio.ByteBuffer;

/**
 * A matrix of 16-bit elements in device memory as the copy engine of compute capability 9.0 takes it: in boxes, whose rows of 128 bytes
 * have their pieces of 16 bytes exchanged (piece {@code p} of row {@code r} lies at {@code p ^ r % 8}). What lies beyond the matrix reads
 * as zero and is not written. The device itself makes the description, because the driver's function for it is not among JCuda's.
 */
public final class TensorMap {

    private static final int BYTES = 128;
    private static final String SOURCE = KernelText.of(TensorMap.class, "tensor_map.cu");

    private TensorMap() { }

    /**
     * Describes a matrix without gaps between its rows; waits for the stream.
     *
     * @param address of the matrix, a multiple of 16
     * @param columns elements of a row, a multiple of 8
     * @param rows number of rows
     * @param boxColumns elements of a box's row, at most 64
     * @param boxRows rows of a box, at most 256
     * @return an argument of a kernel, as {@code __grid_constant__} structure aligned to 64 bytes
     */
    public static byte[] of(CudaStream stream, long address, long columns, long rows, int boxColumns, int boxRows) {
        CudaFunction describe = stream.context().compile("tensor_map", SOURCE).function("describe");
        byte[] result = new byte[BYTES];
        try (DeviceMemory memory = stream.context().allocate(BYTES);
                var launch = describe.bind(stream, new int[] {1}, new int[] {1}, 0, new KernelArguments().pointer(memory.address())
                        .pointer(address).int64(columns).int64(rows).int32(boxColumns).int32(boxRows))) {
            launch.run();
            ByteBuffer host = ByteBuffer.allocateDirect(BYTES);
            stream.copyOut(memory.address(), host);
            stream.synchronize();
            host.get(0, result);
        }
        return result;
    }
}
