package io.firesteel.backend.cpu;

import io.firesteel.backend.Layer;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.OneDnn;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.TensorType;
import java.util.Optional;

/**
 * What this processor prefers.
 *
 * @param blocked the blocked format of its vector width
 * @param bf16 whether it computes in bf16
 * @param int8 whether it sums products of any bytes exactly; those of signed bytes with unsigned ones up to 127 every processor does
 */
record Target(TensorFormat blocked, boolean bf16, boolean int8) {

    static Target current() {
        return new Target(OneDnn.channelBlock() == 16 ? TensorFormat.CHW16 : TensorFormat.CHW8, OneDnn.computesInBf16(),
                OneDnn.sumsBytesExactly());
    }

    /** The element type a layer of fp32 tensors is computed in. */
    DataType compute(Layer layer) {
        return layer.precision() == Precision.BF16 ? DataType.BFLOAT16 : DataType.FLOAT32;
    }

    static Precision precision(DataType compute) {
        return compute == DataType.BFLOAT16 ? Precision.BF16 : Precision.FP32;
    }

    /** The layout of a tensor in a format, in the element type of the computation where the model's is fp32. */
    static TensorLayout layout(TensorType type, TensorFormat format, DataType compute) {
        return TensorLayout.of(type.withDataType(compute), type.shape().rank() < 3 ? TensorFormat.LINEAR : format);
    }

    /** oneDNN's element type, or empty where it has none. */
    static Optional<ElementType> elementType(DataType type) {
        return Optional.ofNullable(switch (type) {
            case FLOAT32 -> ElementType.F32;
            case BFLOAT16 -> ElementType.BF16;
            case INT32 -> ElementType.S32;
            case INT8 -> ElementType.S8;
            case UINT8, BOOL -> ElementType.U8;
            case FLOAT16, FLOAT64, INT16, INT64, UINT16, UINT32, UINT64 -> null;
        });
    }

    /** oneDNN's view of a layout whose element type it has. */
    static MemoryDesc desc(TensorLayout layout) {
        return desc(layout, elementType(layout.dataType())
                .orElseThrow(() -> new IllegalArgumentException("oneDNN has no " + layout.dataType())));
    }

    /** As above, the elements taken for others of the same size. */
    static MemoryDesc desc(TensorLayout layout, ElementType type) {
        long[] sizes = layout.sizes();
        if (sizes.length == 0) {
            return MemoryDesc.rowMajor(type, 1);
        }
        if (!layout.format().isBlocked()) {
            return MemoryDesc.strided(type, sizes, layout.strides());
        }
        if (!layout.isSlice()) {
            return MemoryDesc.blockedChannels(type, layout.format().block(), sizes);
        }
        long[] parent = sizes.clone();
        parent[1] = layout.parentChannels();
        return MemoryDesc.blockedChannels(type, layout.format().block(), parent).slice(new long[sizes.length], sizes);
    }
}
