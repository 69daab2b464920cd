package io.firesteel.backend.cuda;

import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.SummaryRequest;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaModule;
import io.firesteel.backend.cuda.driver.KernelArguments;
import io.firesteel.tensor.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Summarizes tensors on the GPU: one module for tensors of any shape, whose sizes are arguments, because a network has hundreds of them
 * and each is looked at a few times only.
 */
final class SummaryKernel {

    private static final String SOURCE = KernelText.of(SummaryKernel.class, "summary.cu");
    private static final int THREADS = 256;
    private static final int AXES = 6;
    private static final int STATIC_SHARED_BYTES = 4 << 10;
    private static final int BLOCKS_OF_A_MULTIPROCESSOR = 3;

    /** Sizes and strides, outermost first; what lies one after the other is one axis. */
    private record Box(List<Long> sizes, List<Long> strides) {

        static Box of(long[] sizes, long[] strides, List<Integer> order) {
            List<Long> joinedSizes = new ArrayList<>();
            List<Long> joinedStrides = new ArrayList<>();
            for (int axis : order) {
                int last = joinedSizes.size() - 1;
                if (sizes[axis] == 1) {
                    continue;
                }
                if (last >= 0 && joinedStrides.get(last) == sizes[axis] * strides[axis]) {
                    joinedSizes.set(last, joinedSizes.get(last) * sizes[axis]);
                    joinedStrides.set(last, strides[axis]);
                } else {
                    joinedSizes.add(sizes[axis]);
                    joinedStrides.add(strides[axis]);
                }
            }
            return new Box(joinedSizes, joinedStrides);
        }

        long elements() {
            return sizes.stream().reduce(1L, Math::multiplyExact);
        }

        byte[] structure() {
            ByteBuffer bytes = ByteBuffer.allocate(2 * AXES * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            int missing = AXES - sizes.size();
            for (int i = 0; i < AXES; i++) {
                bytes.putLong(i * Long.BYTES, i < missing ? 1 : sizes.get(i - missing));
                bytes.putLong((AXES + i) * Long.BYTES, i < missing ? 0 : strides.get(i - missing));
            }
            return bytes.array();
        }
    }

    private SummaryKernel() { }

    /** See {@link io.firesteel.backend.Backend#summary}. */
    static Optional<Kernel> of(CudaContext context, TensorLayout layout, SummaryRequest request) {
        long[] sizes = layout.sizes();
        long[] strides = layout.strides();
        sizes[request.rowAxis()] = request.limit();
        Box all = Box.of(sizes, strides, order(layout, -1));
        Box positions = Box.of(sizes, strides, order(layout, request.channelAxis()).stream().filter(a -> a > 0).sorted().toList());
        if (layout.dataType() != DataType.FLOAT32 || layout.format().isBlocked() || Math.max(all.sizes.size(), positions.sizes.size()) > AXES
                || request.bins() * Integer.BYTES > context.device().sharedMemoryBytes() - STATIC_SHARED_BYTES || all.elements() == 0) {
            return Optional.empty();
        }
        int blocks = Math.toIntExact(Math.min(Sizes.ceilDiv(all.elements(), SummaryRequest.BLOCK),
                (long) context.device().multiprocessors() * BLOCKS_OF_A_MULTIPROCESSOR));
        long partial = (long) blocks * request.bins() * Integer.BYTES;
        CudaModule module = context.compile("summary", "#define MEAN_STEPS " + SummaryRequest.MEAN_STEPS + "\n#define LARGEST_MEAN "
                + SummaryRequest.LARGEST_MEAN + "\n" + SOURCE);
        return Optional.of(new CudaKernel("summary", partial + (long) blocks * Integer.BYTES, (stream, inputs, outputs, scratch) -> {
            KernelArguments counting = new KernelArguments().pointer(inputs[0]).pointer(outputs[0]).pointer(scratch).pointer(scratch + partial)
                    .structure(all.structure()).int64(all.elements()).int32(request.bins()).int32(request.stride());
            KernelArguments finishing = new KernelArguments().pointer(outputs[0]).pointer(scratch).pointer(scratch + partial).int32(blocks)
                    .int32(request.bins());
            int means = channels(finishing, layout, request, positions, inputs[0]);
            int[] threads = {THREADS};
            return Launch.sequence(List.of(
                    module.function("count").bind(stream, new int[] {blocks}, threads, request.bins() * Integer.BYTES, counting),
                    module.function("finish").bind(stream, new int[] {blocks + (means + THREADS - 1) / THREADS}, threads, 0, finishing)));
        }));
    }

    /** Adds what the means of channels need to know; gives how many rows' channels there are. */
    private static int channels(KernelArguments arguments, TensorLayout layout, SummaryRequest request, Box positions, long input) {
        long[] sizes = layout.sizes();
        boolean wanted = request.sumsChannels();
        int channels = wanted ? Math.toIntExact(sizes[request.channelAxis()]) : 1;
        int total = wanted ? Math.toIntExact(request.limit() * channels) : 0;
        arguments.pointer(input).structure(positions.structure())
                .int64(layout.strides()[0]).int64(wanted ? layout.strides()[request.channelAxis()] : 0).int32(channels).int32(total)
                .int32(wanted ? request.positions(sizes) : 0).int64(wanted ? request.positionStep(sizes) : 0);
        return total;
    }

    /** The axes in the order of memory, without one. */
    private static List<Integer> order(TensorLayout layout, int without) {
        List<Integer> order = new ArrayList<>();
        for (int axis = 0; axis < layout.sizes().length; axis++) {
            order.add(axis);
        }
        if (layout.format() != TensorFormat.LINEAR) {
            order.remove(1);
            order.add(1);
        }
        order.remove((Integer) without);
        return order;
    }
}
