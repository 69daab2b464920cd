package io.firesteel.backend.cpu.onednn;

import java.util.Arrays;
import java.util.function.Function;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.SizeTPointer;

/**
 * Shape, element type and physical layout of one tensor; an immutable value without native resources. Dimensions are in
 * ONNX order (N, C, spatial...) whatever the layout.
 */
public final class MemoryDesc {

    private final ElementType type;
    private final long[] dims;
    private final byte[] blob;
    private final long bytes;

    private MemoryDesc(ElementType type, long[] dims, byte[] blob, long bytes) {
        this.type = type;
        this.dims = dims;
        this.blob = blob;
        this.bytes = bytes;
    }

    /** Row-major, without gaps. */
    public static MemoryDesc rowMajor(ElementType type, long... dims) {
        long[] strides = new long[dims.length];
        long stride = 1;
        for (int i = dims.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= Math.max(1, dims[i]);
        }
        return strided(type, dims, strides);
    }

    /** Any strides, in elements; a transposed view or a slice of a larger row-major tensor. */
    public static MemoryDesc strided(ElementType type, long[] dims, long[] strides) {
        return of(type, dims, d -> dnnl.dnnl_memory_desc_create_with_strides(d, dims.length, dims, type.code(), strides));
    }

    /** Channels innermost: N, spatial..., C. */
    public static MemoryDesc channelsLast(ElementType type, long... dims) {
        long[] strides = new long[dims.length];
        strides[1] = 1;
        long stride = dims[1];
        for (int i = dims.length - 1; i >= 2; i--) {
            strides[i] = stride;
            stride *= dims[i];
        }
        strides[0] = stride;
        return strided(type, dims, strides);
    }

    /**
     * Blocked channels: N, C / block, spatial..., block, with C padded by zeros to a multiple of the block.
     *
     * @param block 8 or 16
     */
    public static MemoryDesc blockedChannels(ElementType type, int block, long... dims) {
        int tag = switch (dims.length) {
            case 3 -> block == 16 ? dnnl.dnnl_nCw16c : dnnl.dnnl_nCw8c;
            case 4 -> block == 16 ? dnnl.dnnl_nChw16c : dnnl.dnnl_nChw8c;
            case 5 -> block == 16 ? dnnl.dnnl_nCdhw16c : dnnl.dnnl_nCdhw8c;
            default -> throw new IllegalArgumentException("blocked channels need 3 to 5 dimensions, not " + dims.length);
        };
        return of(type, dims, d -> dnnl.dnnl_memory_desc_create_with_tag(d, dims.length, dims, type.code(), tag));
    }

    /** A layout that the primitive chooses. */
    public static MemoryDesc any(ElementType type, long... dims) {
        return of(type, dims, d -> dnnl.dnnl_memory_desc_create_with_tag(d, dims.length, dims, type.code(),
                dnnl.dnnl_format_tag_any));
    }

    /**
     * The part of this tensor that begins at {@code offsets}; the address stays that of the whole tensor.
     *
     * @throws io.firesteel.FiresteelException where the layout cannot express it, such as a channel slice inside a block
     */
    public MemoryDesc slice(long[] offsets, long[] sliceDims) {
        return derived(sliceDims, (d, self) -> dnnl.dnnl_memory_desc_create_submemory(d, self, sliceDims, offsets));
    }

    /** The same memory seen with other dimensions. */
    public MemoryDesc reshape(long... newDims) {
        return derived(newDims, (d, self) -> dnnl.dnnl_memory_desc_reshape(d, self, newDims.length, newDims));
    }

    /** Element type. */
    public ElementType type() {
        return type;
    }

    /** Dimensions in ONNX order. */
    public long[] dims() {
        return dims.clone();
    }

    /** Bytes of memory, padding included. */
    public long bytes() {
        return bytes;
    }

    int rank() {
        return dims.length;
    }

    dnnl_memory_desc toNative(NativeScope scope) {
        dnnl_memory_desc d = new dnnl_memory_desc();
        OneDnn.check(dnnl.dnnl_memory_desc_create_with_blob(d, blob), "dnnl_memory_desc_create_with_blob");
        return scope.own(d, dnnl::dnnl_memory_desc_destroy);
    }

    /** Copies a descriptor that a primitive owns. */
    static MemoryDesc copyOf(ElementType type, long[] dims, dnnl_memory_desc d) {
        byte[] blob = new byte[BlobSize.BYTES];
        OneDnn.check(dnnl.dnnl_memory_desc_get_blob(blob, BlobSize.POINTER, d), "dnnl_memory_desc_get_blob");
        return new MemoryDesc(type, dims.clone(), blob, dnnl.dnnl_memory_desc_get_size(d));
    }

    /** How long the library's descriptors are, the same for all; it only reads the pointer where it is given a blob. */
    private static final class BlobSize {
        static final SizeTPointer POINTER = new SizeTPointer(1);
        static final int BYTES;

        static {
            dnnl_memory_desc scalar = new dnnl_memory_desc();
            OneDnn.check(dnnl.dnnl_memory_desc_create_with_strides(scalar, 0, new long[0], ElementType.F32.code(), new long[0]),
                    "dnnl_memory_desc_create_with_strides");
            OneDnn.check(dnnl.dnnl_memory_desc_get_blob((byte[]) null, POINTER, scalar), "dnnl_memory_desc_get_blob");
            OneDnn.check(dnnl.dnnl_memory_desc_destroy(scalar), "dnnl_memory_desc_destroy");
            BYTES = (int) POINTER.get();
        }
    }

    private MemoryDesc derived(long[] newDims, Derivation derivation) {
        try (NativeScope scope = new NativeScope()) {
            dnnl_memory_desc self = toNative(scope);
            return of(type, newDims, d -> derivation.create(d, self));
        }
    }

    private static MemoryDesc of(ElementType type, long[] dims, Function<dnnl_memory_desc, Integer> create) {
        OneDnn.engine();
        dnnl_memory_desc d = new dnnl_memory_desc();
        int status = create.apply(d);
        if (status != dnnl.dnnl_success) {
            OneDnn.check(status, "describing " + type + Arrays.toString(dims));
        }
        try {
            return copyOf(type, dims, d);
        } finally {
            dnnl.dnnl_memory_desc_destroy(d);
        }
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof MemoryDesc that) || type != that.type || !Arrays.equals(dims, that.dims)) {
            return false;
        }
        if (Arrays.equals(blob, that.blob)) {
            return true;
        }
        try (NativeScope scope = new NativeScope()) {
            return dnnl.dnnl_memory_desc_equal(toNative(scope), that.toNative(scope)) != 0;
        }
    }

    @Override
    public int hashCode() {
        return 31 * type.hashCode() + Arrays.hashCode(dims);
    }

    @Override
    public String toString() {
        return type + Arrays.toString(dims) + " in " + bytes + " bytes";
    }

    private interface Derivation {
        int create(dnnl_memory_desc result, dnnl_memory_desc self);
    }
}
